-- A Wireshark dissector for the tunnel of lanparty programs: the overlay header of QUIC DATAGRAMs with the Ethernet frame
-- behind it, and the JSON messages on the control stream (docs/protocol.md). Wireshark must be able to decrypt QUIC:
-- start a program with --keylog FILE, record, and open the recording with
--
--   wireshark -o tls.keylog_file:FILE -X lua_script:lanparty.lua recording.pcapng
--
-- Filters: lanparty, lanparty.kind == 1, lanparty.source == 3, lanparty.message contains "hello".

local lanparty = Proto("lanparty", "LAN party overlay")

local kinds = {[0] = "frame", [1] = "fragment"}
local fields = {
  version = ProtoField.uint8("lanparty.version", "Version", base.DEC, nil, 0xf0),
  kind = ProtoField.uint8("lanparty.kind", "Kind", base.DEC, kinds, 0x0f),
  flags = ProtoField.uint8("lanparty.flags", "Flags", base.HEX),
  source = ProtoField.uint16("lanparty.source", "Source peer"),
  frame_id = ProtoField.uint16("lanparty.frame_id", "Frame id"),
  index = ProtoField.uint8("lanparty.index", "Fragment"),
  count = ProtoField.uint8("lanparty.count", "Fragments"),
  fragment = ProtoField.bytes("lanparty.fragment", "Bytes of the frame"),
  message = ProtoField.string("lanparty.message", "Control message"),
  message_type = ProtoField.string("lanparty.message_type", "Type"),
  padding = ProtoField.bytes("lanparty.padding", "Padding"),
}
lanparty.fields = {}
for _, field in pairs(fields) do table.insert(lanparty.fields, field) end

local malformed = ProtoExpert.new("lanparty.malformed", "Not the overlay's version 1", expert.group.MALFORMED,
  expert.severity.ERROR)
lanparty.experts = {malformed}

local datagrams = Field.new("quic.dg")
local streams = Field.new("quic.stream_data")
local ethernet = Dissector.get("eth_withoutfcs")

-- A DATAGRAM: byte 0 version and kind, byte 1 flags, bytes 2 and 3 the source.
local function dissect_datagram(range, pinfo, root)
  local tree = root:add(lanparty, range)
  local first = range(0, 1):uint()
  if first == 0 then
    tree:add(fields.padding, range)
    tree:append_text(", padding")
    return
  end
  tree:add(fields.version, range(0, 1))
  tree:add(fields.kind, range(0, 1))
  if range:len() < 5 or first > 0x11 or first < 0x10 then
    tree:add_proto_expert_info(malformed)
    return
  end
  tree:add(fields.flags, range(1, 1))
  tree:add(fields.source, range(2, 2))
  tree:append_text(string.format(", %s from peer %u", kinds[first - 0x10], range(2, 2):uint()))
  if first == 0x10 then
    ethernet:call(range(4):tvb("Ethernet frame"), pinfo, root)
  elseif range:len() > 8 then
    tree:add(fields.frame_id, range(4, 2))
    tree:add(fields.index, range(6, 1))
    tree:add(fields.count, range(7, 1))
    tree:add(fields.fragment, range(8))
  end
end

-- The control stream: JSON messages, each with its length in four bytes before it. One that spans packets is shown where
-- it begins.
local function dissect_stream(range, root)
  local at = 0
  while at + 4 <= range:len() do
    local len = range(at, 4):uint()
    local have = math.min(len, range:len() - at - 4)
    if len == 0 or have == 0 or range(at + 4, 1):uint() ~= 0x7b then return end
    local text = range(at + 4, have):string()
    local tree = root:add(lanparty, range(at, 4 + have))
    local kind = text:match('"type"%s*:%s*"([%w_]+)"') or "?"
    tree:add(fields.message_type, range(at + 4, have), kind)
    tree:add(fields.message, range(at + 4, have), text)
    tree:append_text(", " .. kind)
    at = at + 4 + have
  end
end

function lanparty.dissector(_, pinfo, root)
  for _, field in ipairs({datagrams()}) do dissect_datagram(field.range, pinfo, root) end
  for _, field in ipairs({streams()}) do dissect_stream(field.range, root) end
end

register_postdissector(lanparty)
