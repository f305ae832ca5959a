// Reports to the server that the annotator is present, and gives the keys to the sheet.

import { focusedBeside } from "../common/elements.js"

const ALIVE_EVERY = 20000 // ms between two reports
const FOCUS_FOR = 5000 // ms during which the tab takes the focus once it is visible

export class Presence {
  #tab
  #reported = 0

  /** @param {import("./label_tab.js").LabelTab} tab */
  constructor(tab) {
    this.#tab = tab
    tab.root.addEventListener("pointerdown", () => this.note())
  }

  note() {
    if (performance.now() - this.#reported < ALIVE_EVERY && this.#reported) {
      return
    }
    this.#reported = performance.now()
    if (this.#tab.me) {
      this.#tab.send({ type: "alive" })
    }
  }

  // Report at once.
  wake() {
    this.#reported = 0
    this.note()
  }

  // Focus the sheet once the tab is visible: a panel takes a while to open and receives no keys before. A field of this
  // tab that already has the focus keeps it.
  focusSoon() {
    const { root } = this.#tab,
      until = performance.now() + FOCUS_FOR
    const look = () => {
      if (root.contains(focusedBeside(root))) {
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
