// Recovery from a lost server: shows a notice, waits for the server, and restores the page.

const ASK_AGAIN = 1000 // ms between two requests to the server
const KEPT = "bam-explorer"

/** @typedef {import("./map_camera.js").View & { layout: string }} KeptView */
/** @typedef {{ view: KeptView, session: Record<string, unknown> }} Kept */
/** @typedef {{ on_event?: (event: "connection_lost", heard: () => void) => void }} BokehDocument */

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) =>
  new Promise((done) => {
    setTimeout(() => done(), ms)
  })

/**
 * @param {Server.MapCanvas} model
 * @param {BokehDocument | undefined} bokehDocument
 * @param {(words: string) => void} say
 * @param {() => KeptView} viewNow
 */
export function makeConnection(model, bokehDocument, say, viewNow) {
  const key = `${KEPT}:${location.pathname}`
  let waiting = false,
    leaving = false

  // A proxy answers 502 or 503 while the server is down. Reloading then would leave the user on the proxy's error page.
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
    say("The connection to the server was lost. Reconnecting … This page will be restored as it is now.")
    /** @type {Kept} */
    const state = { view: viewNow(), session: model.session }
    while (!(await answers())) {
      await pause(ASK_AGAIN)
    }
    try {
      sessionStorage.setItem(key, JSON.stringify(state))
    } catch {
      /* without storage the page starts from the beginning */
    }
    location.reload()
  }
  // Return the state kept before a reload by this script; a page opened by the user starts from the beginning.
  /** @returns {Kept | null} */
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(key) ?? "null")
      sessionStorage.removeItem(key)
      return found
    } catch {
      return null
    }
  }
  // The window's width decides the layout of the page. It is first sent after the first frame, when all parts are ready.
  let width = -1
  function sendWidth(first = false) {
    if (!model.served || width === innerWidth || (width < 0 && !first)) {
      return
    }
    width = innerWidth
    model.send_msg({ type: "window", width })
  }
  const resized = () => sendWidth()
  window.addEventListener("resize", resized)
  bokehDocument?.on_event?.("connection_lost", recover)
  window.addEventListener("pagehide", () => {
    leaving = true
  })
  window.addEventListener("pageshow", () => {
    leaving = false
  })
  return { kept, sendWidth, end: () => window.removeEventListener("resize", resized) }
}
