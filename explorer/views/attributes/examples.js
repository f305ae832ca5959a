// The example pictures for one answer, in the form of an attribute: images that count, or images that do not.

import { whole } from "./list.js"
import { button, node, text } from "../common/elements.js"

const MOST_EXAMPLES = 24

/**
 * @typedef {Object} ExampleTools
 * @property {Server.AttributesTab} model
 * @property {import("./attributes_tab.js").ExamplePictures} pictures
 * @property {import("./attributes_tab.js").Acts} acts
 * @property {(ids: string[]) => void} changed takes the new ids
 */

export class Examples {
  #kind
  #ids
  #tools
  #line = node("div", "pictures")
  #chosen
  #selected
  #note = text("p", "note soft", "")
  box

  /** @param {"yes" | "no"} kind @param {string[]} ids @param {ExampleTools} tools */
  constructor(kind, ids, tools) {
    this.#kind = kind
    this.#ids = ids
    this.#tools = tools
    const line = node("div", "line")
    this.box = node("div", `examples ${kind}`)
    this.box.dataset.kind = kind
    this.#chosen = button("add-chosen", "Add the chosen image", "", () => this.#ask("chosen"))
    this.#selected = button("add-selected", "", "", () => this.#ask("selection"))
    line.append(this.#chosen, this.#selected)
    const title = kind === "yes" ? "Pictures that count" : "Pictures that do not count"
    this.box.append(text("p", "soft", title), this.#line, line, this.#note)
    this.fill()
  }

  /** @param {string} from */
  #ask(from) {
    this.#tools.acts.example(this.#kind, from, MOST_EXAMPLES - this.#ids.length)
  }

  /** @param {string[]} ids */
  #change(ids) {
    this.#ids = ids
    this.#tools.changed(ids)
    this.fill()
  }

  // Show the pictures that have arrived, and which ones can be added now.
  fill() {
    const { model } = this.#tools,
      full = this.#ids.length >= MOST_EXAMPLES
    this.#line.replaceChildren(...this.#ids.map(this.#picture))
    this.#chosen.disabled = full || !model.chosen
    this.#chosen.title = model.chosen ? "The image whose card is open" : "Click a picture on the map first"
    this.#selected.textContent = `Add the selection (${whole(model.selected)})`
    this.#selected.disabled = full || !model.selected
    this.#selected.title = model.selected
      ? `Add the first images of the selection, up to ${MOST_EXAMPLES} in total`
      : "Select pictures on the map first"
  }

  /** @param {string} image */
  #picture = (image) => {
    const remove = button("example", "", "Remove this picture", () => {
      this.#change(this.#ids.filter((one) => one !== image))
      const first = this.#line.firstChild
      const next = first instanceof HTMLElement ? first : this.#chosen
      next.focus()
    })
    remove.dataset.image = image
    remove.setAttribute("aria-label", "Remove this picture")
    const bytes = this.#tools.pictures.bytes.get(image)
    if (bytes) {
      const picture = node("img")
      picture.src = this.#tools.pictures.address(image, bytes)
      picture.alt = ""
      remove.append(picture)
    }
    return remove
  }

  /** @param {Server.ExampleMessage} message */
  add(message) {
    this.#change([...new Set([...this.#ids, ...message.images])].slice(0, MOST_EXAMPLES))
    this.#note.textContent = message.note
  }
}
