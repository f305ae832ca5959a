// The pages of the browser: the current one, the next, and the last few, so that the user can go back.
//
// A page has items and, by draw, `marks` (values chosen on screen) and `sent` (values sent to the server).

const MOST_HISTORY = 6 // pages to which the user can go back

/** @typedef {"yes" | "no" | "unsure"} Value */

/**
 * @typedef {Object} Page
 * @property {string} id
 * @property {string} attribute
 * @property {boolean} captions whether its images are described
 * @property {Server.PageItem[]} items
 * @property {Map<number, string>} marks draw -> value or description on screen
 * @property {Map<number, string>} sent draw -> value or description that the server was sent
 * @property {Set<number>} skipped draws
 */

/** @param {string | undefined} value @returns {value is Value} */
const isValue = (value) => value === "yes" || value === "no" || value === "unsure"

export class Pages {
  /** @type {Page[]} */
  #queue = []
  /** @type {Page[]} */
  #history = []
  #at = 0

  /** @returns {Page | undefined} */
  current() {
    return this.#queue[0]
  }

  item() {
    return this.current()?.items[this.#at]
  }

  /** @param {Server.PageMessage} message */
  receive(message) {
    const page =
      this.#queue.find((one) => one.id === message.page) ?? this.#history.find((one) => one.id === message.page)
    /** @type {[number, string][]} */
    const marks = Object.entries(message.marks).map(([draw, value]) => [Number(draw), value])
    if (page) {
      // its answers were undone: they are shown as marks and can be sent again
      for (const item of message.items) {
        page.sent.delete(item.draw)
      }
      for (const [draw, value] of marks) {
        page.marks.set(draw, value)
      }
      this.#history = this.#history.filter((one) => one !== page)
      this.#queue = [page, ...this.#queue.filter((one) => one !== page)]
      this.#at = Math.max(
        0,
        page.items.findIndex((item) => item.draw === message.items[0]?.draw),
      )
      return
    }
    /** @type {Page} */
    const fresh = {
      id: message.page,
      attribute: message.attribute,
      captions: message.captions,
      items: message.items,
      marks: new Map(marks),
      sent: new Map(),
      skipped: new Set(),
    }
    if (message.first) {
      this.#queue.unshift(fresh)
      this.#at = 0
    } else {
      this.#queue.push(fresh)
    }
  }

  // Remove images that were answered on another page.
  /** @param {string} id @param {number[]} draws */
  drop(id, draws) {
    const page = this.#queue.find((one) => one.id === id),
      before = this.item()?.draw
    if (!page) {
      return
    }
    page.items = page.items.filter((one) => !draws.includes(one.draw))
    if (!page.items.length) {
      this.#queue = this.#queue.filter((one) => one !== page)
    }
    this.#at = Math.max(
      0,
      (this.current()?.items ?? []).findIndex((one) => one.draw === before),
    )
  }

  leave() {
    const page = this.#queue.shift()
    this.#at = 0
    if (page) {
      this.#history.push(page)
    }
    if (this.#history.length > MOST_HISTORY) {
      this.#history.shift()
    }
  }

  back() {
    const page = this.#history.pop()
    if (!page) {
      return false
    }
    this.#queue.unshift(page)
    this.#at = page.items.length - 1
    return true
  }

  clear() {
    this.#queue = []
    this.#history = []
    this.#at = 0
  }

  // Replies that the server does not have yet: all items that are not skipped, unmarked ones as `rest`.
  /** @param {Page} page @param {Value} rest */
  replies(page, rest) {
    return page.items
      .filter((item) => !page.skipped.has(item.draw))
      .flatMap(({ draw }) => {
        const value = page.marks.get(draw) ?? page.sent.get(draw) ?? rest
        return isValue(value) && page.sent.get(draw) !== value ? [/** @type {const} */ ([draw, value])] : []
      })
  }

  begun() {
    return this.#at > 0 || this.#queue.some((page) => page.marks.size || page.sent.size || page.skipped.size)
  }

  all() {
    return [...this.#queue, ...this.#history]
  }

  waiting() {
    return this.#queue.slice(1)
  }

  count() {
    return this.#queue.length
  }

  get at() {
    return this.#at
  }

  set at(place) {
    this.#at = place
  }
}

// Working time in seconds, counted while the page is visible.
export function makeWatch() {
  let begun = performance.now(),
    gathered = 0
  const stop = () => {
    gathered += performance.now() - begun
    begun = performance.now()
  }
  const seen = () => {
    if (document.hidden) {
      stop()
    } else {
      begun = performance.now()
    }
  }
  document.addEventListener("visibilitychange", seen)
  return {
    restart() {
      begun = performance.now()
      gathered = 0
    },
    seconds() {
      return (gathered + (document.hidden ? 0 : performance.now() - begun)) / 1000
    },
    close() {
      document.removeEventListener("visibilitychange", seen)
    },
  }
}
