// The elements of the map.

import { makeRoot, node } from "../../common/elements.js"

/** @typedef {ReturnType<typeof build>} MapPage the map's root and its parts, by name */
/** @typedef {readonly [x: number, y: number]} Place in CSS pixels of the map, or in layout units */
/** @typedef {readonly [number, number, number, number]} Box */

/** @param {Server.MapCanvas} model */
export function build(model) {
  const root = makeRoot(model, "div", "map ex-map")
  root.tabIndex = 0
  root.setAttribute("role", "application")
  root.setAttribute(
    "aria-label",
    "Map of the images. Arrow keys pan, plus and minus zoom, 0 shows all images, Enter opens the picture in the middle.",
  )
  const canvas = node("canvas"),
    labels = node("div", "labels"),
    cards = node("div", "cards"),
    legend = node("div", "legend ex-legend"),
    ring = node("div", "ring"),
    tip = node("div", "tip")
  const spinner = node("div", "spinner ex-busy"),
    preparing = node("div", "preparing ex-preparing"),
    problem = node("div", "problem"),
    buttons = node("div", "buttons")
  const tipText = node("div", "tip-text"),
    tipMore = node("div", "tip-more")
  const help = makeHelp()
  tip.append(tipText, tipMore)
  for (const part of [ring, tip, spinner, preparing, help.box, problem, legend]) {
    part.hidden = true
  }
  preparing.setAttribute("role", "status")
  spinner.setAttribute("role", "status")
  spinner.setAttribute("aria-label", "Drawing")
  for (const [action, sign, words] of [
    ["in", "+", "Zoom in (+)"],
    ["out", "−", "Zoom out (−)"],
    ["home", "⌂", "Show all images (0)"],
    ["help", "?", "Help (?)"],
  ]) {
    const button = node("button")
    button.textContent = sign
    button.title = words
    button.setAttribute("aria-label", words)
    button.dataset.action = action
    buttons.append(button)
  }
  problem.setAttribute("role", "alert")
  root.append(canvas, cards, labels, ring, legend, spinner, preparing, tip, buttons, help.box, problem)
  return {
    root,
    canvas,
    cards,
    labels,
    legend,
    ring,
    tip: { box: tip, text: tipText, more: tipMore },
    spinner,
    preparing,
    buttons,
    help,
    problem,
  }
}

// The help over the map, with its list of keys.
function makeHelp() {
  const box = node("div", "help")
  box.addEventListener("wheel", (event) => event.stopPropagation()) // it scrolls the help and does not zoom the map
  const rows = [
    ["Drag", "move the map"],
    ["Wheel, pinch, double click", "zoom"],
    ["Click a picture", "open it large, with its scores"],
    ["← → ↑ ↓", "move the map"],
    ["+  −", "zoom"],
    ["0", "show all images"],
    ["Enter", "open the picture in the middle"],
    ["f", "fill the window with the open picture"],
    ["n", "names of clusters on or off"],
    ["Esc", "close"],
  ]
  const title = node("h3")
  title.textContent = "The map"
  const list = node("dl")
  for (const [key, words] of rows) {
    const dt = node("dt"),
      dd = node("dd")
    dt.textContent = key
    dd.textContent = words
    list.append(dt, dd)
  }
  const text = node("p")
  text.textContent =
    "Similar pictures lie near each other. Each cell shows one of its images, and the number of those that pass the filters. Dimmed pictures do not pass. Zoom in to see the other images. Distances between far groups mean little."
  box.append(title, list, text)
  return { box, list }
}
