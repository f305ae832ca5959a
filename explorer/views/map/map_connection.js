// What happens when the server is gone: said at once, asked for again, and the page comes back as it was.

const ASK_AGAIN = 1000 // ms between two questions whether the server is there
const KEPT = "bam-explorer"

const pause = (ms) =>
  new Promise((done) => {
    setTimeout(done, ms)
  })

export function makeConnection(model, bokehDocument, say, viewNow) {
  const key = `${KEPT}:${location.pathname}`
  let waiting = false,
    leaving = false

  // A proxy answers 502 or 503 for a server that is away; loading the page then would show the proxy's words for good.
  const answers = () =>
    fetch(location.href, { method: "HEAD", cache: "no-store" }).then(
      (answer) => answer.status < 500,
      () => false,
    )
  async function recover() {
    if (waiting || leaving || !model.served) {
      return
    }
    waiting = true
    say("The connection to the server was lost. Waiting for it; this page comes back as it is now.")
    const state = JSON.stringify({ view: viewNow(), session: model.session })
    while (!(await answers())) {
      await pause(ASK_AGAIN)
    }
    try {
      sessionStorage.setItem(key, state)
    } catch {
      /* a browser that keeps nothing starts afresh */
    }
    location.reload()
  }
  // Give what a page kept before it loaded itself anew; a page that a person opens starts afresh.
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(key) ?? "null")
      sessionStorage.removeItem(key)
      return found
    } catch {
      return null
    }
  }
  // How wide the window is decides what stands beside the map. Said first after the first frame, when all parts hear it.
  let width = -1
  function tell(first = false) {
    if (!model.served || width === innerWidth || (width < 0 && !first)) {
      return
    }
    width = innerWidth
    model.send_msg({ type: "window", width })
  }
  const resized = () => tell()
  window.addEventListener("resize", resized)
  bokehDocument?.on_event?.("connection_lost", recover)
  window.addEventListener("pagehide", () => {
    leaving = true
  })
  window.addEventListener("pageshow", () => {
    leaving = false
  })
  return { kept, tell, end: () => window.removeEventListener("resize", resized) }
}
