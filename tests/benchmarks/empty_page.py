"""An empty page of the explorer's template that answers each message with one message. No map can be faster.

Run as ``python -m tests.benchmarks.empty_page``; prints its address.
"""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui


class Echo(pn.custom.JSComponent):
    """Times a message to the server and back in the page: ``window.roundTrip()`` gives milliseconds."""

    _esm = """
    export function render({ model }) {
      const box = document.createElement("div")
      box.className = "ex-empty"
      box.textContent = "empty"
      let done = null
      model.on("msg:custom", () => done?.())
      window.roundTrip = () => new Promise((resolve) => {
        const start = performance.now()
        done = () => requestAnimationFrame(() => resolve(performance.now() - start))
        model.send_msg({ type: "ping" })
      })
      return box
    }
    """


def page() -> pmui.Page:
    """Make the page of a session."""
    pn.extension(notifications=False)
    echo = Echo()
    echo.on_msg(lambda event: echo._send_msg({"type": "pong"}))
    return pmui.Page(title="Empty", dark_theme=True, main=[echo], sidebar=[pn.Spacer()], contextbar=[pn.Spacer()])


def main() -> None:
    """Serve until interrupted."""
    server = pn.serve({"/": page}, port=0, address="127.0.0.1", show=False, start=False, verbose=False)
    print(f"http://127.0.0.1:{server.port}/", flush=True)  # noqa: T201 - this is its output
    server.run_until_shutdown()


if __name__ == "__main__":
    main()
