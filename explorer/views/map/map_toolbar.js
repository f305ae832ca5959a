// The toolbar above the map: selects and switches, built from the server's list. If there is no room for all of them (see
// the style sheet), the less frequent ones are under a button.

import { makeRoot, node, options } from "../common/elements.js"
import { onKeys, pressKey } from "../common/keys.js"

class MapToolbar {
  #model
  root
  #more = node("button", "opener")
  #others = node("div", "others")
  /** @type {Map<string, { element: HTMLElement, set: (value: string | boolean) => void }>} */
  #parts = new Map()

  /** @param {{ model: Server.MapToolbar }} panel */
  constructor({ model }) {
    this.#model = model
    this.root = makeRoot(model, "div", "toolbar ex-toolbar")
    this.root.setAttribute("role", "toolbar")
    this.root.setAttribute("aria-label", "Map options")
    this.#more.type = "button"
    this.#more.textContent = "More"
    this.#more.title = "More map options"
    this.#more.setAttribute("aria-haspopup", "true")
    this.#more.addEventListener("click", () => this.#open(!this.#others.classList.contains("open")))
    onKeys(this.root, (event) => {
      if (this.#others.classList.contains("open")) {
        pressKey(event, {
          Escape: () => {
            this.#open(false)
            this.#more.focus()
          },
        })
      }
    })
    document.addEventListener("pointerdown", this.#elsewhere)
    this.#model.on("choices", this.#rebuild)
    this.#model.on("values", this.#update)
    this.#model.on("hidden", this.#update)
    this.#model.on("remove", () => document.removeEventListener("pointerdown", this.#elsewhere))
    this.#open(false)
    this.#rebuild()
  }

  #rebuild = () => {
    this.#parts = new Map()
    const made = this.#model.choices.map((entry) => ({
      often: entry.often,
      element: entry.kind === "switch" ? this.#toggle(entry) : this.#select(entry),
    }))
    this.#others.replaceChildren(...made.filter(({ often }) => !often).map(({ element }) => element))
    this.root.replaceChildren(
      ...made.filter(({ often }) => often).map(({ element }) => element),
      this.#more,
      this.#others,
    )
    this.#update()
  }

  /** @param {boolean} open */
  #open(open) {
    this.#others.classList.toggle("open", open)
    this.#more.setAttribute("aria-expanded", String(open))
  }

  /** @param {PointerEvent} event */
  #elsewhere = (event) => {
    if (!event.composedPath().includes(this.root)) {
      this.#open(false)
    }
  }

  /** @param {Server.Control} entry */
  #select(entry) {
    const label = node("label"),
      words = node("span"),
      box = node("select")
    words.textContent = entry.label
    label.title = entry.help
    options(
      box,
      entry.options.map((option) => /** @type {const} */ ([option.value, option.text])),
    )
    box.addEventListener("change", () => this.#model.send_msg({ name: entry.name, value: box.value }))
    label.append(words, box)
    this.#parts.set(entry.name, {
      element: label,
      set: (value) => {
        box.value = String(value)
      },
    })
    return label
  }

  /** @param {Server.Control} entry */
  #toggle(entry) {
    const button = node("button")
    button.type = "button"
    button.textContent = entry.label
    button.title = entry.help
    button.addEventListener("click", () =>
      this.#model.send_msg({ name: entry.name, value: button.getAttribute("aria-pressed") !== "true" }),
    )
    this.#parts.set(entry.name, { element: button, set: (value) => button.setAttribute("aria-pressed", String(value)) })
    return button
  }

  #update = () => {
    for (const [name, part] of this.#parts) {
      part.set(this.#model.values[name])
      part.element.hidden = this.#model.hidden.includes(name)
    }
  }
}

/** @param {{ model: Server.MapToolbar }} panel */
export function render({ model }) {
  return new MapToolbar({ model }).root
}
