// That somebody is here: told to the server now and then, and the keys go to the sheet.

const ALIVE_EVERY = 20000 // ms between two signs that somebody is here
const FOCUS_FOR = 5000 // ms in which the tab takes the focus as soon as it is on the screen

export class Presence {
  #tab
  #told = 0

  constructor(tab) {
    this.#tab = tab
    tab.root.addEventListener("pointerdown", () => this.note())
  }

  note() {
    if (performance.now() - this.#told < ALIVE_EVERY && this.#told) {
      return
    }
    this.#told = performance.now()
    if (this.#tab.me) {
      this.#tab.send({ type: "alive" })
    }
  }

  // Tell it at once.
  wake() {
    this.#told = 0
    this.note()
  }

  // The keys are the sheet's once the tab is on the screen: a panel takes a while to open, and hears none before. Whoever
  // types here already goes on.
  focusSoon() {
    const { root } = this.#tab,
      until = performance.now() + FOCUS_FOR
    const look = () => {
      if (root.contains(root.getRootNode().activeElement)) {
        return
      }
      if (this.#tab.me && root.offsetParent) {
        this.#tab.focus()
      }
      if (performance.now() < until) {
        requestAnimationFrame(look)
      }
    }
    look()
  }
}
