// Selecting on the map: modes and their buttons, the outline being drawn, and the number of selected images.
//
// An outline is kept in layout units, so it stays in place when the map moves. The server finds the images inside. Its
// answers to older outlines are ignored.

import { node } from "../../common/elements.js"

const MOST_POINTS = 1200 // of an outline; beyond it every second point is dropped
const POINT_STEP = 3 // CSS pixels between two points of an outline
const DRAW_SLACK = 5 // CSS pixels until a press is a drag
const FLASH = 2500 // ms that a message about an empty selection stays
const SVG = "http://www.w3.org/2000/svg"
/** @typedef {import("./map_page.js").Place} Place */
/** @typedef {"pan" | "box" | "lasso"} Mode */
/** @typedef {"replace" | "add" | "subtract"} How */

/**
 * @typedef {Object} Outline
 * @property {"box" | "lasso"} shape
 * @property {How} how
 * @property {Place[]} points in layout units
 * @property {Place} last the last point, in CSS pixels
 * @property {boolean} done whether it was sent
 */

/** @type {Record<Mode, [key: string, words: string, shapes: string[], dashes?: string]>} */
const MODES = {
  pan: [
    "v",
    "Move the map (v)",
    ["M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3"],
  ],
  box: ["b", "Select with a box (b). Shift adds, Alt removes.", ["M4 5h16v14H4z"], "3.2 2.6"],
  lasso: [
    "l",
    "Select with a lasso (l). Shift adds, Alt removes.",
    ["M12 4c5 0 8.5 2.3 8.5 5.4S17 15 12 15s-8.5-2.5-8.5-5.6S7 4 12 4z", "M7.5 14.5c-2 1-2 3.5 0 3.5s2.5 1.5 1 3"],
  ],
}
const SELECTING_HELP = [
  ["Shift + drag", "select with a lasso"],
  ["b  l", "box or lasso mode; drag selects, Shift adds, Alt removes"],
  ["v", "move the map again"],
  ["Ctrl + click, s", "add or remove the clicked picture, or the one in the middle"],
  ["Ctrl + A", "select all images that pass"],
  ["Ctrl + Z", "undo the last change of the selection"],
  ["Esc", "leave a mode, then close the card, then clear the selection"],
]

const NAMES = /** @type {const} */ (["pan", "box", "lasso"])

export class Selecting {
  #root
  #model
  #toLayout
  #toScreen
  /** @type {Mode} */
  #mode = "pan"
  /** @type {Outline | null} */
  #outline = null
  /** @type {{ at: Place, shape: "box" | "lasso", how: How } | null} start of a press, and the shape it draws */
  #pressed = null
  #serial = 0
  #flashing = 0
  #svg = document.createElementNS(SVG, "svg")
  #halo = document.createElementNS(SVG, "path")
  #line = document.createElementNS(SVG, "path")
  #bar = node("div", "selection-bar ex-selection-bar")
  #open = node("button", "open")
  #buttons
  keys
  modes

  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   */
  constructor(page, model, { toLayout, toScreen }) {
    this.#root = page.root
    this.#model = model
    this.#toLayout = toLayout
    this.#toScreen = toScreen
    this.#svg.setAttribute("class", "outline")
    this.#halo.setAttribute("class", "halo")
    this.#svg.append(this.#halo, this.#line)
    this.#svg.style.display = "none"
    const clear = node("button", "clear")
    this.#open.type = clear.type = "button"
    this.#open.title = "Open the selection"
    clear.title = "Clear the selection (Esc)"
    clear.textContent = "×"
    clear.setAttribute("aria-label", "Clear the selection")
    this.#open.setAttribute("role", "status")
    this.#open.addEventListener("click", () => this.#model.send_msg({ type: "tab" }))
    clear.addEventListener("click", () => {
      this.#model.send_msg({ type: "clear" })
      this.#root.focus({ preventScroll: true })
    })
    this.#bar.append(this.#open, clear)
    this.#root.insertBefore(this.#svg, page.tip.box)
    this.#root.append(this.#bar)
    this.#buttons = makeModeButtons(page, (chosen) => {
      this.setMode(chosen)
      this.#root.focus({ preventScroll: true })
    })
    this.keys = {
      "Ctrl+a": () => this.#model.send_msg({ type: "select_all" }),
      "Ctrl+z": () => this.#model.send_msg({ type: "undo" }),
    }
    this.modes = Object.fromEntries(NAMES.map((name) => [MODES[name][0], () => this.setMode(name)]))
    this.#model.on("selection", this.#show)
    this.#model.on("remove", () => clearTimeout(this.#flashing))
    this.setMode("pan")
    this.#show()
  }

  /** @param {Mode} next */
  setMode(next) {
    this.#mode = next
    this.cancel()
    this.#root.dataset.mode = next
    for (const [name, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(name === next))
    }
  }

  /** @param {PointerEvent} event @param {Place} at */
  down(event, at) {
    const shape = this.#mode !== "pan" ? this.#mode : event.shiftKey ? "lasso" : null
    if (!shape) {
      return
    }
    const how =
      event.altKey || (this.#mode !== "pan" && event.ctrlKey)
        ? "subtract"
        : event.shiftKey && this.#mode !== "pan"
          ? "add"
          : "replace"
    this.#pressed = { at, shape, how }
  }

  // Return whether an outline is being drawn, so that the map does not move.
  /** @param {Place} at */
  move(at) {
    if (!this.#pressed) {
      return false
    }
    const { at: from, shape, how } = this.#pressed
    if (!this.#outline || this.#outline.done) {
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) < DRAW_SLACK) {
        return true
      }
      this.#outline = { shape, how, points: [this.#toLayout(...from)], last: from, done: false }
    }
    if (shape === "box") {
      this.#outline.points[1] = this.#toLayout(...at)
    } else {
      this.#follow(this.#outline, at)
    }
    this.place()
    return true
  }

  /** @param {Outline} outline @param {Place} at */
  #follow(outline, at) {
    if (Math.hypot(at[0] - outline.last[0], at[1] - outline.last[1]) < POINT_STEP) {
      return
    }
    outline.points.push(this.#toLayout(...at))
    outline.last = at
    if (outline.points.length > MOST_POINTS) {
      outline.points = outline.points.filter((_, index) => index % 2 === 0)
    }
  }

  // Return whether something was drawn, so that the release is not a click.
  /** @param {PointerEvent} event */
  up(event) {
    const drawn = this.#pressed && this.#outline && !this.#outline.done
    this.#pressed = null
    if (!drawn || !this.#outline) {
      return false
    }
    if (event.type !== "pointerup" || this.#outline.points.length < (this.#outline.shape === "box" ? 2 : 3)) {
      this.cancel()
      return true
    }
    this.#outline.done = true
    this.#serial += 1
    this.place()
    this.#model.send_msg({
      type: "select",
      serial: this.#serial,
      shape: this.#outline.shape,
      how: this.#outline.how,
      points: this.#outline.points,
    })
    return true
  }

  cancel() {
    this.#outline = this.#pressed = null
    this.place()
  }

  /** @param {Server.SelectedMessage} message */
  answered(message) {
    if (message.serial !== this.#serial) {
      return
    }
    if (this.#outline?.done) {
      this.cancel()
    }
    if (message.found === 0) {
      this.#flash("No image inside passes the filters")
    }
    this.#root.dataset.answered = String(this.#serial)
  }

  place() {
    this.#svg.style.display = this.#outline ? "" : "none"
    if (!this.#outline) {
      return
    }
    const points = this.#outline.points.map((point) => this.#toScreen(...point)),
      path = this.#outline.shape === "box" ? boxPath(points) : lassoPath(points)
    this.#svg.classList.toggle("waiting", this.#outline.done)
    this.#svg.classList.toggle("subtract", this.#outline.how === "subtract")
    for (const part of [this.#halo, this.#line]) {
      part.setAttribute("d", path)
    }
  }

  // Cancel the last step. Return whether there was one.
  leave() {
    if (this.#outline && !this.#outline.done) {
      this.cancel()
      return true
    }
    if (this.#mode !== "pan") {
      this.setMode("pan")
      return true
    }
    if (this.#model.selected_place.length || !this.#model.selection.count) {
      return false
    }
    this.#model.send_msg({ type: "clear" })
    return true
  }

  /** @param {string} words */
  #flash(words) {
    clearTimeout(this.#flashing)
    this.#bar.hidden = false
    this.#open.textContent = words
    this.#flashing = setTimeout(this.#show, FLASH)
  }

  #show = () => {
    const { count, words } = this.#model.selection
    this.#bar.hidden = !count
    this.#root.dataset.selected = String(count ?? 0)
    this.#open.textContent = count ? `${count.toLocaleString("en")} selected${words ? ` · ${words}` : ""}` : ""
  }

  mode() {
    return this.#mode === "pan" ? "" : this.#mode
  }
}

/** @param {Place[]} corners */
function boxPath([[x0, y0], [x1, y1] = [x0, y0]]) {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`
}

/** @param {Place[]} points */
function lassoPath(points) {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`
}

/** @param {string} name @returns {name is Mode} */
export const isMode = (name) => Object.hasOwn(MODES, name)

/** @param {import("./map_page.js").MapPage} page @param {(mode: Mode) => void} choose */
function makeModeButtons({ buttons, help: { list } }, choose) {
  /** @type {Map<Mode, HTMLButtonElement>} */
  const made = new Map()
  for (const name of NAMES) {
    const [, words, shapes, dashes] = MODES[name],
      button = node("button", name === "pan" ? "mode first" : "mode"),
      icon = document.createElementNS(SVG, "svg")
    icon.setAttribute("viewBox", "0 0 24 24")
    for (const shape of shapes) {
      const path = document.createElementNS(SVG, "path")
      path.setAttribute("d", shape)
      if (dashes) {
        path.setAttribute("stroke-dasharray", dashes)
      }
      icon.append(path)
    }
    button.type = "button"
    button.title = words
    button.setAttribute("aria-label", words)
    button.dataset.mode = name
    button.append(icon)
    button.addEventListener("click", () => choose(name))
    made.set(name, button)
    buttons.append(button)
  }
  list.lastElementChild?.remove() // the "Esc" row is replaced by a longer one
  list.lastElementChild?.remove()
  for (const [keys, words] of SELECTING_HELP) {
    const term = node("dt"),
      meaning = node("dd")
    term.textContent = keys
    meaning.textContent = words
    list.append(term, meaning)
  }
  return made
}
