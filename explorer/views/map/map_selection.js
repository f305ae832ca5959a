// Selecting on the map: modes and their buttons, the outline under the hand, how many are selected.
//
// An outline is kept in layout units, so it stays where it was drawn when the map moves. The server finds what lies
// inside; what it says of an older outline than the newest is dropped.

import { node } from "../shared/elements.js"

const MOST_POINTS = 1200 // of an outline; beyond it every second one goes
const POINT_STEP = 3 // CSS pixels between two points of an outline
const DRAW_SLACK = 5 // CSS pixels until a press is a drag
const FLASH = 2500 // ms that a word stays that says why nothing was selected
const SVG = "http://www.w3.org/2000/svg"
const MODES = {
  pan: [
    "v",
    "Move the map (v)",
    ["M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3"],
  ],
  box: ["b", "Select a box (b): Shift adds, Alt takes away", ["M4 5h16v14H4z"], "3.2 2.6"],
  lasso: [
    "l",
    "Select with a lasso (l): Shift adds, Alt takes away",
    ["M12 4c5 0 8.5 2.3 8.5 5.4S17 15 12 15s-8.5-2.5-8.5-5.6S7 4 12 4z", "M7.5 14.5c-2 1-2 3.5 0 3.5s2.5 1.5 1 3"],
  ],
}
const SELECTING_HELP = [
  ["Shift + drag", "select with a lasso"],
  ["b  l", "box or lasso; then drag: Shift adds, Alt takes away"],
  ["v", "back to moving"],
  ["Ctrl + click, s", "select a picture or the one in the middle, or no longer"],
  ["Ctrl + A", "select all that pass"],
  ["Ctrl + Z", "undo the last change of the selection"],
  ["Esc", "leave a mode, then close, then select nothing"],
]

export function makeSelecting(root, model, { toLayout, toScreen }) {
  let mode = "pan",
    outline = null,
    pressed = null,
    serial = 0,
    flashing = 0
  const svg = document.createElementNS(SVG, "svg"),
    halo = document.createElementNS(SVG, "path"),
    line = document.createElementNS(SVG, "path")
  svg.setAttribute("class", "outline")
  halo.setAttribute("class", "halo")
  svg.append(halo, line)
  svg.style.display = "none"
  const bar = node("div", "selection-bar ex-selection-bar"),
    open = node("button", "open"),
    clear = node("button", "clear")
  for (const [part, words] of [
    [open, "Open the selection"],
    [clear, "Select nothing (Esc)"],
  ]) {
    part.type = "button"
    part.title = words
  }
  clear.textContent = "×"
  clear.setAttribute("aria-label", "Select nothing")
  open.setAttribute("role", "status")
  open.addEventListener("click", () => model.send_msg({ type: "tab" }))
  clear.addEventListener("click", () => {
    model.send_msg({ type: "clear" })
    root.focus({ preventScroll: true })
  })
  bar.append(open, clear)
  root.insertBefore(svg, root.parts.tip)
  root.append(bar)
  const buttons = makeModeButtons(root.parts, (chosen) => {
    setMode(chosen)
    root.focus({ preventScroll: true })
  })

  function setMode(next) {
    mode = next
    cancel()
    root.dataset.mode = next
    for (const [name, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", name === next)
    }
  }
  function down(event, at) {
    const shape = mode !== "pan" ? mode : event.shiftKey ? "lasso" : null
    if (!shape) {
      return
    }
    const how =
      event.altKey || (mode !== "pan" && event.ctrlKey)
        ? "subtract"
        : event.shiftKey && mode !== "pan"
          ? "add"
          : "replace"
    pressed = { at, shape, how }
  }
  // Give whether the hand draws, so that the map does not move under it.
  function move(at) {
    if (!pressed) {
      return false
    }
    const { at: from, shape, how } = pressed
    if (!outline || outline.done) {
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) < DRAW_SLACK) {
        return true
      }
      outline = { shape, how, points: [toLayout(...from)], last: from, done: false }
    }
    if (shape === "box") {
      outline.points[1] = toLayout(...at)
    } else {
      follow(at)
    }
    place()
    return true
  }
  function follow(at) {
    if (Math.hypot(at[0] - outline.last[0], at[1] - outline.last[1]) < POINT_STEP) {
      return
    }
    outline.points.push(toLayout(...at))
    outline.last = at
    if (outline.points.length > MOST_POINTS) {
      outline.points = outline.points.filter((_, index) => index % 2 === 0)
    }
  }
  // Give whether something was drawn, so that letting go is not a tap.
  function up(event) {
    const drawn = pressed && outline && !outline.done
    pressed = null
    if (!drawn) {
      return false
    }
    if (event.type !== "pointerup" || outline.points.length < (outline.shape === "box" ? 2 : 3)) {
      cancel()
      return true
    }
    outline.done = true
    serial += 1
    place()
    model.send_msg({ type: "select", serial, shape: outline.shape, how: outline.how, points: outline.points })
    return true
  }
  function cancel() {
    outline = pressed = null
    place()
  }
  function answered(message) {
    if (message.serial !== serial) {
      return
    }
    if (outline?.done) {
      cancel()
    }
    if (message.found === 0) {
      flash("Nothing inside passes the filters")
    }
    root.dataset.answered = serial
  }
  function place() {
    svg.style.display = outline ? "" : "none"
    if (!outline) {
      return
    }
    const path =
      outline.shape === "box"
        ? boxPath(...outline.points.map((point) => toScreen(...point)))
        : `M${outline.points
            .map((point) =>
              toScreen(...point)
                .map((value) => value.toFixed(1))
                .join(" "),
            )
            .join("L")}Z`
    svg.classList.toggle("waiting", outline.done)
    svg.classList.toggle("subtract", outline.how === "subtract")
    for (const part of [halo, line]) {
      part.setAttribute("d", path)
    }
  }
  const keys = {
    "Ctrl+a": () => model.send_msg({ type: "select_all" }),
    "Ctrl+z": () => model.send_msg({ type: "undo" }),
  }
  const modes = Object.fromEntries(Object.entries(MODES).map(([name, [key]]) => [key, () => setMode(name)]))
  // Leave what was begun last; gives whether there was anything.
  function leave() {
    if (outline && !outline.done) {
      cancel()
      return true
    }
    if (mode !== "pan") {
      setMode("pan")
      return true
    }
    if (model.selected_place?.length || !model.selection.count) {
      return false
    }
    model.send_msg({ type: "clear" })
    return true
  }
  function flash(words) {
    clearTimeout(flashing)
    bar.hidden = false
    open.textContent = words
    flashing = setTimeout(show, FLASH)
  }
  function show() {
    const { count, words } = model.selection
    bar.hidden = !count
    root.dataset.selected = count || 0
    open.textContent = count ? `${count.toLocaleString("en")} selected${words ? ` · ${words}` : ""}` : ""
  }
  model.on("selection", show)
  model.on("remove", () => clearTimeout(flashing))
  setMode("pan")
  show()
  return {
    down,
    move,
    up,
    cancel,
    place,
    keys,
    modes,
    leave,
    answered,
    setMode,
    mode: () => (mode === "pan" ? "" : mode),
  }
}

function boxPath([x0, y0], [x1, y1]) {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`
}

function makeModeButtons({ buttons, help }, choose) {
  const made = {}
  for (const [name, [, words, shapes, dashes]] of Object.entries(MODES)) {
    const button = node("button", name === "pan" ? "mode first" : "mode"),
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
    made[name] = button
    buttons.append(button)
  }
  const list = help.querySelector("dl")
  list.lastElementChild.remove() // "Esc" and its words come last, and say more here
  list.lastElementChild.remove()
  for (const [keys, words] of SELECTING_HELP) {
    const term = node("dt"),
      meaning = node("dd")
    term.textContent = keys
    meaning.textContent = words
    list.append(term, meaning)
  }
  return made
}
