// Parts of the tabs about one attribute: notes, the head with its steps, figures, and lines of pictures.

import { button, node, options, text } from "./elements.js"

/** @typedef {{ open: (row: string) => void, pictures: import("./elements.js").Pictures }} PictureActs */

// Notes at the top of a tab. A new note replaces the last one.
export function makeNotes() {
  const box = node("div", "notes")
  box.setAttribute("role", "status")
  /** @param {Server.Note} message */
  function note(message) {
    const line = node("div", `note ${message.kind}`),
      shut = button("plain", "×", "Close", () => line.remove())
    shut.setAttribute("aria-label", "Close")
    line.append(text("p", "", message.text), shut)
    box.replaceChildren(line)
  }
  const clear = () => box.replaceChildren()
  // A note about one attribute is removed when another attribute is chosen.
  /** @param {string} attribute */
  function about(attribute) {
    if (box.dataset.attribute !== attribute) {
      clear()
    }
    box.dataset.attribute = attribute
  }
  return { box, note, clear, about }
}

// The choice of the attribute, and the steps of its progress.
/** @param {(message: { type: "choose", attribute: string }) => void} send */
export function makeTabHead(send) {
  const box = node("header", "head"),
    choose = node("select"),
    steps = node("ol", "steps")
  choose.setAttribute("aria-label", "Attribute")
  choose.addEventListener("change", () => send({ type: "choose", attribute: choose.value }))
  box.append(choose, steps)
  /** @param {Server.OrEmpty<Pick<Server.RoundsStanding, "attribute" | "attributes" | "steps">>} standing */
  function update(standing) {
    options(choose, [["", "Choose an attribute …"], ...choicesOf(standing.attributes ?? [])])
    choose.value = standing.attribute ?? ""
    steps.replaceChildren(
      ...(standing.steps ?? []).map((step) => {
        const line = node("li", step.state)
        line.append(text("b", "", step.title), text("span", "soft", step.words))
        if (step.state === "now") {
          line.setAttribute("aria-current", "step")
        }
        return line
      }),
    )
  }
  return { box, update }
}

// Entries of a select.
/** @param {Server.Choice[]} entries */
export const choicesOf = (entries) => entries.map(({ name, title, help }) => /** @type {const} */ ([name, title, help]))

// Figures with their names, as a description list.
/** @param {HTMLElement} list @param {Server.Figure[]} figures */
export function fill(list, figures) {
  list.replaceChildren(...figures.flatMap((entry) => [text("dt", "", entry.name), fact(entry)]))
}

/** @param {Server.Figure} entry */
function fact(entry) {
  const box = node("dd", entry.enough ? "" : "few")
  box.append(text("b", "", entry.value), text("span", "soft", entry.more ? ` ${entry.more}` : ""))
  if (entry.beside) {
    box.append(text("span", "soft beside", entry.beside))
  }
  if (entry.help) {
    box.title = entry.help
  }
  return box
}

// A line of pictures. Each opens its card.
/** @param {string} title @param {Server.PictureItem[]} items @param {PictureActs} acts */
export function strip(title, items, acts) {
  const box = node("div", "strip"),
    line = node("div", "pictures")
  line.append(
    ...items.map((item) => {
      const one = button("picture", "", item.caption, () => acts.open(item.row)),
        image = node("img")
      image.src = acts.pictures.address(item.row, item.tile)
      image.alt = item.caption
      one.dataset.row = item.row
      one.append(image)
      if (item.mark) {
        one.append(text("span", "mark", item.mark))
      }
      return one
    }),
  )
  box.append(text("p", "soft", title), items.length ? line : text("p", "soft none", "none"))
  return box
}
