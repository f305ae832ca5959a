// What stands in the place of the sheet while there is nothing to answer.

import { button, text } from "../shared/elements.js"

function hint(status) {
  if (status.closed) {
    return status.closed
  }
  if (status.left) {
    return "What is left waits for other people's opinions."
  }
  if (status.counts?.yes) {
    return "Choose below what to ask next: more like the yes answers finds the others soonest."
  }
  return "Choose below what to ask next: words in captions are the quickest way to the first positives."
}

// `nothing` tells whether the server said that nothing is asked now; then `offer` opens what could be asked.
export function emptyWords(status, nothing, { define, offer }) {
  if (!status.attribute && !status.work.captions) {
    const title = text("h3", "", "What shall it learn?")
    if (status.attributes.length) {
      return [title, text("p", "soft", "Choose an attribute above, or define a new one in the Attributes tab.")]
    }
    return [
      title,
      text(
        "p",
        "soft",
        "First say what to look for: one yes or no question about a picture, such as: does it show a bird?",
      ),
      button("primary define", "Add an attribute", "Say what the question is", define),
    ]
  }
  if (status.left > 0 && status.held >= status.left) {
    const words = `The last ${status.held} images are with other people. They come to you if those people leave.`
    return [text("p", "soft", words)]
  }
  if (nothing) {
    offer()
    return [text("h3", "", "Nothing is asked now"), text("p", "soft", hint(status))]
  }
  return [text("p", "soft", "Getting the next pictures …")]
}
