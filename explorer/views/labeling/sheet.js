// The sheet: a page of images to mark, one image to answer, or one image to describe.

import { button, node, text } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

/** @typedef {import("./acts.js").Acts} Acts */
/** @typedef {import("./pages.js").Page} Page */
/** @typedef {ReturnType<typeof makeEnlarged>} Enlarged */

/** @type {Record<string, string>} */
const SIGNS = { yes: "✓", no: "✗", unsure: "?", skip: "–" }
const GAP = 6 // CSS pixels between two images
const CHOICES = /** @type {const} */ ([
  ["yes", "Yes"],
  ["no", "No"],
  ["unsure", "Unsure"],
])

export class Sheet {
  #pictures
  #acts
  box = node("div", "sheet")
  /** @type {Map<number, { tile: HTMLElement, sign: HTMLElement }>} by draw */
  #tiles = new Map()
  #shown = ""
  #kind = ""
  #watcher

  /** @param {import("../common/elements.js").Pictures} pictures @param {Acts} acts */
  constructor(pictures, acts) {
    this.#pictures = pictures
    this.#acts = acts
    this.#watcher = new ResizeObserver(this.#fit)
  }

  /** @param {import("./pages.js").Pages} pages @param {string} mode */
  draw(pages, mode) {
    const page = pages.current(),
      item = pages.item()
    if (!page || !item) {
      this.#shown = ""
      this.box.replaceChildren()
      return
    }
    const wanted = page.captions ? "caption" : mode,
      key = `${page.id}:${wanted}:${wanted === "page" ? "" : item.draw}`
    if (key !== this.#shown || this.#kind !== wanted) {
      this.#shown = key
      this.#kind = wanted
      this.box.className = `sheet ${wanted}`
      if (wanted === "page") {
        this.#grid(page)
      } else {
        this.#single(page, item, wanted)
      }
    }
    if (wanted === "page") {
      this.#mark(page, pages.at)
    }
  }

  /** @param {Server.PageItem} item */
  #picture(item) {
    const image = node("img")
    image.src = this.#pictures.address(item.draw, item.picture)
    image.alt = item.words
    image.draggable = false
    return image
  }

  /** @param {Page} page */
  #grid(page) {
    this.#tiles = new Map()
    this.box.replaceChildren(
      ...page.items.map((item, place) => {
        const tile = button("tile", "", item.words, (event) =>
          this.#acts.toggle(place, event.shiftKey || event.altKey ? "unsure" : "yes"),
        )
        const sign = node("i")
        tile.append(this.#picture(item), sign)
        tile.tabIndex = -1
        Object.assign(tile.dataset, { draw: item.draw, image: item.image })
        tile.addEventListener("contextmenu", (event) => {
          event.preventDefault()
          this.#acts.toggle(place, "unsure")
        })
        tile.addEventListener("dblclick", () => this.#acts.enlarge(place))
        this.#tiles.set(item.draw, { tile, sign })
        return tile
      }),
    )
    this.#fit()
  }

  /** @param {Page} page @param {number} at */
  #mark(page, at) {
    page.items.forEach((item, place) => {
      const shown = this.#tiles.get(item.draw)
      if (!shown) {
        return
      }
      const { tile, sign } = shown,
        value = page.skipped.has(item.draw) ? "skip" : (page.marks.get(item.draw) ?? "")
      tile.dataset.value = value
      tile.classList.toggle("focus", place === at)
      sign.textContent = SIGNS[value] ?? ""
      tile.setAttribute("aria-pressed", String(value === "yes"))
      tile.setAttribute("aria-label", `${item.words}: ${value || "not marked"}`)
    })
  }

  /** @param {Page} page @param {Server.PageItem} item @param {string} wanted */
  #single(page, item, wanted) {
    const figure = node("figure", "ex-picture"),
      words = text("p", "words soft", item.words)
    figure.append(this.#picture(item))
    Object.assign(figure.dataset, { draw: item.draw, image: item.image })
    figure.addEventListener("dblclick", () => this.#acts.enlarge())
    const before = page.marks.get(item.draw)
    const parts = [figure, words]
    if (wanted === "caption") {
      parts.push(this.#caption(before))
    } else {
      const row = node("div", "choices")
      for (const [value, title] of CHOICES) {
        const choice = button(`choice ${value}`, title, "", () => this.#acts.say(value))
        choice.append(text("kbd", "", value.charAt(0)))
        choice.setAttribute("aria-pressed", String(before === value))
        row.append(choice)
      }
      parts.push(row)
    }
    this.box.replaceChildren(...parts)
    if (wanted === "caption") {
      this.box.querySelector("textarea")?.focus({ preventScroll: true })
    }
  }

  /** @param {string | undefined} before */
  #caption(before) {
    const form = node("form", "describe"),
      field = node("textarea"),
      save = text("button", "primary", "Save and next")
    field.rows = 3
    field.maxLength = 2000
    field.value = before ?? ""
    field.placeholder = "What does the picture show? One short sentence."
    field.setAttribute("aria-label", "Description")
    save.type = "submit"
    form.append(field, save)
    field.addEventListener("input", () => this.#acts.typing(field.value)) // the text survives a reload
    const done = () => {
      if (field.value.trim()) {
        this.#acts.describe(field.value)
      }
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      done()
    })
    onKeys(field, (event) => {
      if (!event.shiftKey && pressKey(event, { Enter: done })) {
        event.stopPropagation()
      }
    })
    return form
  }

  // The largest size at which all images are visible. It is computed once per page and when the tab is resized, never
  // when a notice appears or goes, because images must not move while the user aims at them.
  #fit = () => {
    if (this.#kind !== "page" || !this.#tiles.size) {
      return
    }
    const wide = this.box.clientWidth - 8,
      high = this.box.clientHeight - 8 // without the padding for the focus ring
    let columns = 2
    for (; columns < 16; columns += 1) {
      const side = (wide - GAP * (columns - 1)) / columns,
        rows = Math.ceil(this.#tiles.size / columns)
      if (rows * side + GAP * (rows - 1) <= high || side < 56) {
        break
      }
    }
    this.box.style.setProperty("--columns", String(columns))
    this.box.dataset.columns = String(columns)
  }

  columns() {
    return Number(this.box.dataset.columns || 1)
  }

  /** @param {HTMLElement} tab */
  watch(tab) {
    return this.#watcher.observe(tab)
  }

  close() {
    return this.#watcher.disconnect()
  }

  forget() {
    this.#shown = ""
  }
}

// One image as large as the window allows; a click closes it.
/** @param {import("../common/elements.js").Pictures} pictures */
export function makeEnlarged(pictures) {
  const overlay = node("div", "enlarged"),
    image = node("img")
  overlay.hidden = true
  overlay.append(image)
  overlay.addEventListener("click", () => {
    overlay.hidden = true
  })
  return {
    element: overlay,
    /** @param {Server.PageItem} [item] */
    toggle(item) {
      overlay.hidden = !overlay.hidden || !item
      if (item && !overlay.hidden) {
        image.src = pictures.address(item.draw, item.picture)
        image.alt = item.words
      }
    },
    get open() {
      return !overlay.hidden
    },
  }
}
