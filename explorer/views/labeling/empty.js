// The text in place of the sheet while there is nothing to answer.

import { button, text } from "../common/elements.js"

/** @param {Server.LabelStatus} status */
function hint(status) {
  if (status.closed) {
    return status.closed
  }
  if (status.left) {
    return "The remaining images wait for answers from other annotators."
  }
  if (status.work.captions) {
    return "Add images to describe below."
  }
  if (status.counts?.yes) {
    return "Add questions below. “More like the yes answers” finds further positives fastest."
  }
  return "Add questions below. “Words in captions” finds the first positives fastest."
}

// `nothing`: whether the server reported that no questions are left. Then `offer` opens the sources of questions.
/** @param {Server.LabelStatus} status @param {boolean} nothing @param {{ define: () => void, offer: () => void }} acts */
export function emptyWords(status, nothing, { define, offer }) {
  if (!status.attribute && !status.work.captions) {
    const title = text("h3", "", "What do you want to label?")
    if (status.attributes.length) {
      return [title, text("p", "soft", "Choose an attribute above, or define a new one in the Attributes tab.")]
    }
    return [
      title,
      text(
        "p",
        "soft",
        "Define an attribute first. An attribute is one yes-or-no question about an image, for example “Does it show a bird?”",
      ),
      button("primary define", "Add an attribute", "Define a new attribute", define),
    ]
  }
  if (status.left > 0 && status.held >= status.left) {
    const words = `Other annotators have the last ${status.held} images. You get these images if they leave.`
    return [text("p", "soft", words)]
  }
  if (nothing) {
    offer()
    return [text("h3", "", "No questions left"), text("p", "soft", hint(status))]
  }
  return [text("p", "soft", "Loading the next images …")]
}
