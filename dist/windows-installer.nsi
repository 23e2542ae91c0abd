; The installer of the Windows client. Built by scripts/windows-installer, which defines VERSION, VERSION4, EXE, ICON,
; LICENSE and OUTPUT. The stub is 64-bit, like the client.
Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
RequestExecutionLevel admin
ManifestDPIAware true

!include "MUI2.nsh"
!include "LogicLib.nsh"

!define NAME "softlan"
!define PROGRAM "lanparty-client-win.exe"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\softlan"
; The registry key of network adapters.
!define NET_CLASS "SYSTEM\CurrentControlSet\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}"

Name "${NAME} ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$PROGRAMFILES64\softlan"
InstallDirRegKey HKLM "${UNINSTALL_KEY}" "InstallLocation"
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION4}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installer of the softlan client"
VIAddVersionKey "LegalCopyright" "MIT license"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var Adapters ; how many TAP-Windows6 adapters there are

; Counts the TAP-Windows6 adapters. The registry compares without case, and so does StrCmp.
Function CountAdapters
  StrCpy $Adapters 0
  StrCpy $0 0
  ${Do}
    EnumRegKey $1 HKLM "${NET_CLASS}" $0
    ${If} $1 == ""
      ${ExitDo}
    ${EndIf}
    ReadRegStr $2 HKLM "${NET_CLASS}\$1" "ComponentId"
    ${If} $2 == "tap0901"
    ${OrIf} $2 == "root\tap0901"
      IntOp $Adapters $Adapters + 1
    ${EndIf}
    IntOp $0 $0 + 1
  ${Loop}
FunctionEnd

Section "Client"
  SetRegView 64
  SetShellVarContext all
  SetOutPath "$INSTDIR"
  ClearErrors
  File "/oname=${PROGRAM}" "${EXE}"
  ${If} ${Errors}
    MessageBox MB_ICONSTOP|MB_OK "${PROGRAM} cannot be replaced. End the client, then install again." /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateDirectory "$SMPROGRAMS\softlan"
  CreateShortcut "$SMPROGRAMS\softlan\Join a LAN party.lnk" "$INSTDIR\${PROGRAM}"
  CreateShortcut "$SMPROGRAMS\softlan\Uninstall softlan.lnk" "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "softlan client"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1
  Call CountAdapters
  ${If} $Adapters == 0
    MessageBox MB_ICONINFORMATION|MB_OK "The client is installed. It needs a TAP-Windows6 adapter, and this computer has none yet.$\r$\n$\r$\nThe driver (the tap-windows6 project of OpenVPN) comes with OpenVPN's installer for Windows, on the downloads page of openvpn.net's community; 'TAP-Windows6' can be chosen alone there." /SD IDOK
  ${EndIf}
SectionEnd

Section "Uninstall"
  SetRegView 64
  SetShellVarContext all
  ; In this context $APPDATA is ProgramData. A journal that the client left is needed to restore the computer's network settings.
  ${If} ${FileExists} "$APPDATA\lanparty\lanparty-client-journal.json"
    MessageBox MB_ICONEXCLAMATION|MB_YESNO "The client was not ended as it should be: settings of the network are still to be put back. Start it once, end it with Ctrl-C, then uninstall.$\r$\n$\r$\nUninstall all the same?" /SD IDYES IDYES go_on
    Abort
  go_on:
  ${EndIf}
  ClearErrors
  Delete "$INSTDIR\${PROGRAM}"
  ${If} ${Errors}
    MessageBox MB_ICONSTOP|MB_OK "${PROGRAM} cannot be removed. End the client, then uninstall again." /SD IDOK
    SetErrorLevel 2
    Abort
  ${EndIf}
  ; The uninstaller continues as a copy of itself, and the program that the user started may need a moment to end. A
  ; deleted file that another program (a virus scanner) has open keeps its folder until it is closed.
  StrCpy $0 0
  ${Do}
    ClearErrors
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    Sleep 100
    IntOp $0 $0 + 1
  ${LoopUntil} $0 >= 50
  ; Firewall rules of a client that was killed (src/platform/windows/net/inbound_com.c). There are none after others.
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="softlan LAN party (UDP)"'
  Pop $0
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="softlan LAN party (TCP)"'
  Pop $0
  Delete "$SMPROGRAMS\softlan\Join a LAN party.lnk"
  Delete "$SMPROGRAMS\softlan\Uninstall softlan.lnk"
  RMDir "$SMPROGRAMS\softlan"
  Delete "$APPDATA\lanparty\lanparty-client-identity.json"
  Delete "$APPDATA\lanparty\lanparty-client-room.conf"
  RMDir "$APPDATA\lanparty"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
SectionEnd
