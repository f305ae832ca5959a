// Overlays of the frame: the legend of the colours, the texts of large pictures, and originals.

import { node } from "../../common/elements.js"

/** @typedef {import("./map_page.js").Box} Box */

/** @param {HTMLElement} box @param {Server.OrEmpty<Server.Legend>} legend */
export function fillLegend(box, legend) {
  box.hidden = !legend.title
  if (!legend.title) {
    return
  }
  const title = node("h4")
  title.textContent = legend.title
  const rows = [title]
  if (legend.kind === "scale") {
    const bar = node("div", "scale"),
      ends = node("div", "ends")
    bar.style.background = `linear-gradient(to right, ${legend.colors.join(", ")})`
    ends.append(
      ...legend.entries.map((entry) => {
        const end = node("span")
        end.textContent = entry.text
        return end
      }),
    )
    rows.push(bar, ends)
  } else {
    rows.push(...legend.entries.map((entry) => legendRow(entry)))
  }
  if (legend.unknown.count) {
    rows.push(legendRow(legend.unknown))
  }
  box.replaceChildren(...rows)
}

/** @param {Server.LegendEntry} entry */
function legendRow({ color, text, count }) {
  const row = node("div", "entry"),
    swatch = node("i"),
    words = node("span", "text"),
    number = node("span", "number")
  swatch.style.background = color
  words.textContent = text
  words.title = text
  number.textContent = (count ?? 0).toLocaleString("en")
  row.append(swatch, words, number)
  return row
}

/** @param {HTMLElement} box */
export function makeCards(box) {
  /** @type {{ card: HTMLElement, box: Box }[]} */
  let cards = []
  /** @type {Server.OriginalNote[]} */
  let notes = []
  let serial = 0

  /** @param {Server.CardShown[]} entries */
  function build(entries, ofFrame = 0) {
    serial = ofFrame
    cards = entries.map((entry) => {
      const card = node("div", "card"),
        caption = node("div", "caption"),
        terms = node("div", "terms")
      caption.textContent = entry.caption
      terms.append(
        ...entry.terms.map((term) => {
          const chip = node("span")
          chip.textContent = term
          return chip
        }),
      )
      card.append(caption, terms)
      return { card, box: entry.box }
    })
    box.replaceChildren(...cards.map(({ card }) => card))
    showNotes()
  }

  /** @param {(x: number, y: number) => readonly [number, number]} toScreen @param {number} least */
  function place(toScreen, least) {
    for (const { card, box: area } of cards) {
      const [left, top] = toScreen(area[0], area[3]),
        [right, bottom] = toScreen(area[2], area[1])
      card.hidden = right - left < least
      Object.assign(card.style, {
        transform: `translate(${left}px, ${top}px)`,
        width: `${right - left}px`,
        height: `${bottom - top}px`,
      })
    }
  }

  // A note about one picture, for example why its original is missing. It may arrive before the cards of its frame.
  /** @param {Server.OriginalNote} message */
  function note(message) {
    notes = [...notes.filter((one) => one.serial === message.serial), message]
    showNotes()
  }

  function showNotes() {
    for (const { box: area, text } of notes.filter((one) => one.serial === serial)) {
      const found = cards.find((entry) => entry.box.every((value, at) => value === area[at]))
      if (!found) {
        continue
      }
      const words = node("div", "note")
      words.textContent = text
      found.card.querySelector(".note")?.remove()
      found.card.prepend(words)
    }
  }

  return { build, note, place }
}

// Draw a picture into a box at the largest size that fits, with the background and round corners of the frame's pictures.
/** @param {CanvasRenderingContext2D} context @param {ImageBitmap} bitmap @param {Box} place @param {string} ground */
export function drawOriginal(context, bitmap, [left, top, width, height], ground) {
  const fit = Math.min(width / bitmap.width, height / bitmap.height),
    w = bitmap.width * fit,
    h = bitmap.height * fit
  context.save()
  context.beginPath()
  context.roundRect(left, top, width, height, (0.09 * width) / 2)
  context.clip()
  context.fillStyle = ground
  context.fillRect(left, top, width, height)
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = "high"
  context.drawImage(bitmap, left + (width - w) / 2, top + (height - h) / 2, w, h)
  context.restore()
}
