// Answering a page: marks images on the screen, puts actions into the outbox, and moves to the next image or page.

import { newId } from "./outbox.js"

/** @typedef {import("./pages.js").Page} Page */
/** @typedef {import("./pages.js").Value} Value */

export class Answering {
  #tab
  #pages
  #outbox
  #watch
  #marks
  /** @type {Page | null} the page that the user tried to confirm without any mark */
  doubted = null
  /** When the last image or page was left, in ms; 0 once the next one is on screen. */
  turned = 0

  /**
   * @param {import("./label_tab.js").LabelTab} tab
   * @param {Object} parts
   * @param {import("./pages.js").Pages} parts.pages
   * @param {import("./outbox.js").Outbox} parts.outbox
   * @param {ReturnType<typeof import("./pages.js").makeWatch>} parts.watch
   * @param {import("./marks.js").KeptMarks} parts.marks
   */
  constructor(tab, { pages, outbox, watch, marks }) {
    this.#tab = tab
    this.#pages = pages
    this.#outbox = outbox
    this.#watch = watch
    this.#marks = marks
  }

  /** @param {Page} page */
  #whole(page) {
    return this.#tab.mode() === "page" && !page.captions
  }

  // ---- marks ----------------------------------------------------------------------------------------------------
  /** @param {Value} value */
  mark(value) {
    const page = this.#pages.current(),
      item = this.#pages.item()
    if (!page || !item) {
      return
    }
    this.doubted = null
    page.skipped.delete(item.draw)
    if (page.marks.get(item.draw) === value) {
      page.marks.delete(item.draw)
    } else {
      page.marks.set(item.draw, value)
    }
    this.#marks.remember(page)
    this.#tab.show()
  }

  /** @param {number} place @param {Value} value */
  toggle(place, value) {
    if (this.#tab.blocked()) {
      return
    }
    this.#pages.at = place
    this.mark(value)
    this.#tab.focus()
  }

  markAll() {
    const page = this.#pages.current()
    if (!page) {
      return
    }
    const open = page.items.filter((item) => !page.marks.has(item.draw) && !page.skipped.has(item.draw))
    if (open.length) {
      open.forEach((item) => page.marks.set(item.draw, "yes"))
    } else {
      page.marks.clear()
    }
    this.#marks.remember(page)
    this.#tab.show()
  }

  /** @param {string} words */
  typing(words) {
    const page = this.#pages.current(),
      item = this.#pages.item()
    if (page && item) {
      page.marks.set(item.draw, words)
      this.#marks.remember(page)
    }
  }

  // ---- actions -----------------------------------------------------------------------------------------------------
  skip = () => {
    const page = this.#pages.current(),
      item = this.#pages.item()
    if (!page || !item) {
      return
    }
    if (this.#whole(page)) {
      this.doubted = null
      page.marks.delete(item.draw)
      if (!page.skipped.delete(item.draw)) {
        page.skipped.add(item.draw)
      }
      this.#tab.show()
      return
    }
    page.skipped.add(item.draw)
    this.#tab.send({ type: "skip", page: page.id, draws: [item.draw] })
    this.#step()
  }

  confirm = () => {
    const page = this.#pages.current()
    if (!page || this.#tab.blocked() || !this.#tab.isShown()) {
      return // images that are not on screen cannot be answered
    }
    if (this.rest(page) && !page.marks.size && this.doubted !== page) {
      this.doubted = page // perhaps a marking key was missed, or Enter was pressed twice
      this.#tab.update()
      return
    }
    const replies = this.#pages.replies(page, "no"),
      skipped = page.items.filter((item) => page.skipped.has(item.draw)).map((item) => item.draw)
    if (replies.length) {
      this.#record(page, replies)
    }
    if (skipped.length) {
      this.#tab.send({ type: "skip", page: page.id, draws: skipped })
    }
    this.#marks.forget(page)
    this.#turn()
  }

  // Number of unmarked images that are answered with no when the page is confirmed.
  /** @param {Page} page */
  rest(page) {
    return this.#pages.replies(page, "no").filter(([draw]) => !page.marks.has(draw)).length
  }

  certain = () => {
    this.doubted = null
    this.#tab.update()
    this.#tab.focus()
  }

  /** @param {Value} value */
  say(value) {
    const page = this.#pages.current(),
      item = this.#pages.item()
    if (!page || !item || this.#tab.blocked()) {
      return
    }
    if (page.sent.get(item.draw) !== value) {
      this.#record(page, [[item.draw, value]])
    }
    this.#step()
  }

  /** @param {string} words */
  describe(words) {
    const page = this.#pages.current(),
      item = this.#pages.item()
    if (!page || !item || this.#tab.blocked()) {
      return
    }
    const { draw, image } = item
    this.#outbox.add(this.#tab.me, {
      id: newId(),
      page: page.id,
      kind: "caption",
      draw,
      image,
      text: words,
      seconds: this.#watch.seconds(),
    })
    page.sent.set(draw, words)
    page.marks.set(draw, words)
    this.#step()
  }

  /** @param {Page} page @param {(readonly [draw: number, value: Value])[]} replies */
  #record(page, replies) {
    const each = this.#watch.seconds() / replies.length
    this.#outbox.add(this.#tab.me, {
      id: newId(),
      page: page.id,
      kind: "answer",
      replies: replies.map(([draw, value]) => /** @type {const} */ ([draw, value, each])),
    })
    for (const [draw, value] of replies) {
      page.sent.set(draw, value)
      page.marks.set(draw, value)
    }
  }

  /** @param {"undo" | "redo"} type */
  change(type) {
    if (this.#tab.me) {
      this.#tab.send({ type, id: newId() })
    }
  }

  // ---- from image to image ----------------------------------------------------------------------------------------
  #step() {
    const page = this.#pages.current(),
      done = (/** @type {Server.PageItem} */ item) => page?.sent.has(item.draw) || page?.skipped.has(item.draw)
    let next = this.#pages.at + 1
    while (page && next < page.items.length && done(page.items[next])) {
      next += 1
    }
    if (!page || next >= page.items.length) {
      this.#turn()
      return
    }
    this.#pages.at = next
    this.turned = performance.now()
    this.#watch.restart()
    this.#tab.show()
  }

  #turn() {
    this.#pages.leave()
    this.turned = performance.now()
    this.#watch.restart()
    this.#tab.show()
  }

  previous = () => {
    if (this.#tab.mode() === "single" && this.#pages.at > 0 && this.#pages.current()) {
      this.#pages.at -= 1
    } else if (!this.#pages.back()) {
      this.#tab.say("There is no earlier page here. Undo (z) reaches older answers.")
      return
    }
    if (this.#tab.mode() === "page") {
      this.#pages.at = 0
    }
    this.#watch.restart()
    this.#tab.show()
  }

  /** @param {number} by */
  move(by) {
    const page = this.#pages.current()
    if (page) {
      this.#pages.at = Math.max(0, Math.min(page.items.length - 1, this.#pages.at + by))
      this.#tab.show()
    }
  }
}
