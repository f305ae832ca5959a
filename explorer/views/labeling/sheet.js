// The sheet: a page of pictures to mark, one picture at a time, or one to describe.

import { button, node, text } from "../shared/elements.js"
import { onKeys, pressKey } from "../shared/keys.js"

const SIGNS = { yes: "✓", no: "✗", unsure: "?", skip: "–" }
const GAP = 6

export function makeSheet(pictures, acts) {
  const box = node("div", "sheet")
  let tiles = new Map(),
    shown = "",
    kind = ""

  function draw(pages, mode) {
    const page = pages.current()
    if (!page) {
      shown = ""
      return box.replaceChildren()
    }
    const wanted = page.captions ? "caption" : mode,
      key = `${page.id}:${wanted}:${wanted === "page" ? "" : pages.item()?.draw}`
    if (key !== shown || kind !== wanted) {
      shown = key
      kind = wanted
      box.className = `sheet ${wanted}`
      if (wanted === "page") {
        grid(page)
      } else {
        single(page, pages.item(), wanted)
      }
    }
    if (wanted === "page") {
      mark(page, pages.at)
    }
  }
  function picture(page, item) {
    const image = node("img")
    image.src = pictures.address(item.draw, item.picture)
    image.alt = item.words
    image.draggable = false
    return image
  }
  function grid(page) {
    tiles = new Map()
    box.replaceChildren(
      ...page.items.map((item, place) => {
        const tile = button("tile", "", item.words, (event) =>
          acts.toggle(place, event.shiftKey || event.altKey ? "unsure" : "yes"),
        )
        tile.append(picture(page, item), node("i"))
        tile.tabIndex = -1
        Object.assign(tile.dataset, { draw: item.draw, image: item.image })
        tile.addEventListener("contextmenu", (event) => {
          event.preventDefault()
          acts.toggle(place, "unsure")
        })
        tile.addEventListener("dblclick", () => acts.enlarge(place))
        tiles.set(item.draw, tile)
        return tile
      }),
    )
    fit()
  }
  function mark(page, at) {
    page.items.forEach((item, place) => {
      const tile = tiles.get(item.draw),
        value = page.skipped.has(item.draw) ? "skip" : (page.marks.get(item.draw) ?? "")
      tile.dataset.value = value
      tile.classList.toggle("focus", place === at)
      tile.lastChild.textContent = SIGNS[value] ?? ""
      tile.setAttribute("aria-pressed", value === "yes")
      tile.setAttribute("aria-label", `${item.words}: ${value || "not marked"}`)
    })
  }
  function single(page, item, wanted) {
    const figure = node("figure", "ex-picture"),
      words = text("p", "words soft", item.words)
    figure.append(picture(page, item))
    Object.assign(figure.dataset, { draw: item.draw, image: item.image })
    figure.addEventListener("dblclick", () => acts.enlarge())
    const before = page.marks.get(item.draw)
    const parts = [figure, words]
    if (wanted === "caption") {
      parts.push(caption(before))
    } else {
      const row = node("div", "choices")
      for (const [value, words] of [
        ["yes", "Yes"],
        ["no", "No"],
        ["unsure", "Unsure"],
      ]) {
        const choice = button(`choice ${value}`, words, "", () => acts.say(value))
        choice.append(text("kbd", "", value[0]))
        choice.setAttribute("aria-pressed", before === value)
        row.append(choice)
      }
      parts.push(row)
    }
    box.replaceChildren(...parts)
    if (wanted === "caption") {
      box.querySelector("textarea").focus({ preventScroll: true })
    }
  }
  function caption(before) {
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
    field.addEventListener("input", () => acts.typing(field.value)) // what is typed survives a page loaded anew
    const done = () => {
      if (field.value.trim()) {
        acts.describe(field.value)
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
  // As large as the pictures may be while all of them are in sight. Found once a page and when the tab changes its
  // size, never because a notice comes or goes: pictures must not move under somebody's fingers.
  function fit() {
    if (kind !== "page" || !tiles.size) {
      return
    }
    const wide = box.clientWidth - 8,
      high = box.clientHeight - 8 // without the padding for the focus ring
    let columns = 2
    for (; columns < 16; columns += 1) {
      const side = (wide - GAP * (columns - 1)) / columns,
        rows = Math.ceil(tiles.size / columns)
      if (rows * side + GAP * (rows - 1) <= high || side < 56) {
        break
      }
    }
    box.style.setProperty("--columns", columns)
    box.dataset.columns = columns
  }
  const watcher = new ResizeObserver(fit)
  return {
    box,
    draw,
    columns: () => Number(box.dataset.columns || 1),
    watch: (tab) => watcher.observe(tab),
    close: () => watcher.disconnect(),
    forget: () => {
      shown = ""
    },
  }
}

// One picture as large as the window allows; any key or click closes it.
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
    toggle(item) {
      overlay.hidden = !overlay.hidden || !item
      if (!overlay.hidden) {
        image.src = pictures.address(item.draw, item.picture)
        image.alt = item.words
      }
    },
    get open() {
      return !overlay.hidden
    },
  }
}
