"""A headless Chromium on a host of a lab, driven by the DevTools protocol."""

import base64
import json
import os
import urllib.request

import websocket  # Debian's python3-websocket

from .daemon import PATIENCE_S, Daemon, wait_for


class Browser(Daemon):
    """A browser with one tab."""

    def __init__(self, lab, host, name="browser"):
        self.profile = lab.path(f"{name}.profile")
        os.makedirs(self.profile, exist_ok=True)
        super().__init__(lab, host, name, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
                         "--disable-background-networking", "--remote-debugging-port=0",
                         "--remote-allow-origins=*", f"--user-data-dir={self.profile}", "about:blank",
                         env={"HOME": self.profile})
        path = os.path.join(self.profile, "DevToolsActivePort")
        wait_for(lambda: os.path.exists(path) and os.path.getsize(path), f"the browser:\n{self.output()}",
                 3 * PATIENCE_S)
        with open(path, encoding="ascii") as file:
            self.port = int(file.readline())
        self.serial = 0
        self.errors = []
        with host.inside():
            def tabs():
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json", timeout=PATIENCE_S) as reply:
                    return [tab for tab in json.load(reply) if tab["type"] == "page"]
            tab = wait_for(tabs, "a tab")[0]
            self.socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=3 * PATIENCE_S)
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Calls a method and returns its result; errors of the page are kept in `errors`."""
        self.serial += 1
        self.socket.send(json.dumps({"id": self.serial, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]["exceptionDetails"])[:400])
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])
            elif message.get("id") == self.serial:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def run(self, script):
        """The value of an expression in the page, which may be a promise."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:800])
        return result["result"].get("value")

    def open(self, url, width=1100, height=900, dark=False):
        """Opens an address in a window of this size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme",
                                                           "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def wait(self, condition, what):
        """Waits until an expression is true."""
        wait_for(lambda: self.run(f"Boolean({condition})"), f"{what}: {self.run('document.body?.innerText')}\n"
                 f"{self.errors}")

    def key(self, name, code=0):
        """Presses a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if name == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **text)

    def picture(self, path):
        """Writes the whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
