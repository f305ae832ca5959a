// A page of thumbnails with actions. All text is only ever set as text, because captions are untrusted.

import { button, focusedBeside, makePictures, makeRoot, node, text } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

class Gallery {
  #model
  root
  #pictures = makePictures("image/jpeg")
  #head = node("header")
  #actions = node("div", "actions")
  #grid = node("div", "grid")
  #pager = node("nav", "pager")
  #empty = text("p", "soft empty", "")
  #problem = text("p", "problem", "")
  #focused = 0

  /** @param {{ model: Server.Gallery }} panel */
  constructor({ model }) {
    this.#model = model
    this.root = makeRoot(this.#model, "section", "gallery ex-gallery")
    this.#head.setAttribute("role", "status")
    this.#grid.setAttribute("role", "group")
    this.#grid.setAttribute(
      "aria-label",
      "Pictures. Arrow keys move, Enter opens, Page Up and Page Down change the page.",
    )
    this.#problem.setAttribute("role", "alert")
    this.root.append(this.#head, this.#actions, this.#empty, this.#problem, this.#grid, this.#pager)
    const keys = {
      ArrowRight: () => this.#focusOn(this.#focused + 1),
      ArrowLeft: () => this.#focusOn(this.#focused - 1),
      ArrowDown: () => this.#focusOn(this.#focused + this.#columns()),
      ArrowUp: () => this.#focusOn(this.#focused - this.#columns()),
      PageDown: () => this.#turnTo(this.#model.start + this.#model.size),
      PageUp: () => this.#turnTo(this.#model.start - this.#model.size),
      Home: () => this.#turnTo(0),
      End: () => this.#turnTo(this.#model.total - 1),
      Delete: () => {
        const item = this.#model.items[this.#focused]
        if (this.#model.removable && item) {
          this.#model.send_msg({ type: "remove", row: item.row })
        }
      },
    }
    onKeys(this.#grid, (event) => {
      pressKey(event, keys)
    })
    this.#grid.addEventListener("focusin", (event) => {
      const at = this.#cells().findIndex((picture) => picture === event.target)
      if (at >= 0) {
        this.#focused = at
      }
    })
    for (const name of /** @type {const} */ (["title", "subtitle", "empty", "problem"])) {
      this.#model.on(name, this.#showHead)
    }
    this.#model.on("total", () => {
      this.#showHead()
      this.#showPager()
    })
    this.#model.on("actions", this.#showActions)
    this.#model.on("items", this.#showPage)
    this.#model.on("start", this.#showPager)
    this.#model.on("chosen", this.#mark)
    this.#model.on("remove", () => {
      this.#pictures.keep([])
    })
    this.#showHead()
    this.#showActions()
    this.#showPage()
  }

  #showHead = () => {
    const lines = [text("h3", "title", this.#model.title), text("p", "soft", this.#model.subtitle)]
    this.#head.replaceChildren(...lines.filter((line) => line.textContent))
    this.#head.hidden = !this.#head.childElementCount
    this.root.dataset.total = String(this.#model.total)
    this.#empty.textContent = this.#model.empty
    this.#empty.hidden = this.#model.total > 0
    this.#problem.textContent = this.#model.problem
    this.#problem.hidden = !this.#model.problem
  }

  #showActions = () => {
    this.#actions.replaceChildren(
      ...this.#model.actions.map((entry) => {
        const part = button(entry.primary ? "primary" : "", entry.words, entry.help, () =>
          this.#model.send_msg({ type: "action", key: entry.key }),
        )
        part.dataset.action = entry.key
        part.disabled = !entry.enabled
        return part
      }),
    )
    this.#actions.hidden = !this.#model.actions.length
  }

  #showPage = () => {
    const hadFocus = this.#grid.contains(focusedBeside(this.#grid))
    this.#pictures.keep(this.#model.items.map((item) => item.id))
    this.#focused = Math.min(this.#focused, Math.max(0, this.#model.items.length - 1))
    this.#grid.replaceChildren(...this.#model.items.map(this.#cell))
    this.#showPager()
    this.#mark()
    if (hadFocus) {
      this.#focusOn(this.#focused)
    }
    this.root.dataset.page = `${this.#model.start}:${this.#model.items.length}`
  }

  /** @param {Server.GalleryItem} item @param {number} index */
  #cell = (item, index) => {
    const box = node("div", "cell"),
      picture = button("picture", "", item.caption, () => {
        this.#focused = index
        this.#model.send_msg({ type: "open", row: item.row })
      }),
      image = node("img")
    image.src = this.#pictures.address(item.id, item.tile)
    image.alt = item.caption
    image.loading = "lazy"
    picture.dataset.row = item.row
    picture.tabIndex = index === this.#focused ? 0 : -1
    picture.append(image)
    box.append(picture)
    if (item.mark) {
      box.append(
        text("span", `mark ${["yes", "no", "unsure", "split"].includes(item.kind) ? item.kind : ""}`, item.mark),
      )
    }
    if (this.#model.removable) {
      const out = button("out", "×", "Remove from the selection (Delete)", () =>
        this.#model.send_msg({ type: "remove", row: item.row }),
      )
      out.tabIndex = -1
      out.setAttribute("aria-label", "Remove from the selection")
      box.append(out)
    }
    return box
  }

  #showPager = () => {
    const last = this.#model.start + this.#model.items.length,
      many = this.#model.total > this.#model.size
    this.#pager.hidden = !many
    /** @param {string} words @param {string} help @param {number} start */
    const turn = (words, help, start) => {
      const part = button("turn", words, help, () => this.#model.send_msg({ type: "turn", start }))
      part.setAttribute("aria-label", help)
      part.disabled = start < 0 || start >= this.#model.total || start === this.#model.start
      return part
    }
    const end = Math.floor(Math.max(0, this.#model.total - 1) / this.#model.size) * this.#model.size
    /** @param {number} value */
    const number = (value) => value.toLocaleString("en")
    this.#pager.replaceChildren(
      turn("«", "First page (Home)", 0),
      turn("‹", "Previous page (Page Up)", this.#model.start - this.#model.size),
      text("span", "place", `${number(this.#model.start + 1)}-${number(last)} of ${number(this.#model.total)}`),
      turn("›", "Next page (Page Down)", this.#model.start + this.#model.size),
      turn("»", "Last page (End)", end),
    )
  }

  #mark = () => {
    for (const picture of this.#cells()) {
      picture.toggleAttribute("aria-current", picture.dataset.row === this.#model.chosen)
    }
  }

  /** @param {number} index */
  #focusOn(index) {
    const all = this.#cells()
    if (!all.length) {
      return
    }
    this.#focused = Math.min(Math.max(index, 0), all.length - 1)
    all.forEach((picture, place) => {
      picture.tabIndex = place === this.#focused ? 0 : -1
    })
    all[this.#focused].focus({ preventScroll: false })
  }

  /** @returns {HTMLElement[]} */
  #cells() {
    return [...this.#grid.querySelectorAll("button.picture")].filter((one) => one instanceof HTMLElement)
  }

  #columns() {
    return Math.max(1, getComputedStyle(this.#grid).gridTemplateColumns.split(" ").length)
  }

  /** @param {number} start */
  #turnTo(start) {
    if (start >= 0 && start < this.#model.total) {
      this.#focused = 0
      this.#model.send_msg({ type: "turn", start })
    }
  }
}

/** @param {{ model: Server.Gallery }} panel */
export function render({ model }) {
  return new Gallery({ model }).root
}
