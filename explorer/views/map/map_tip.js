// The tip for a resting pointer: requests the caption from the server and shows it beside the pointer.

const HOVER_AFTER = 110 // ms of rest before the caption is requested

export class Tip {
  #model
  #camera
  #frames
  #box
  #timer = 0

  constructor(box, model, camera, frames) {
    this.#box = box
    this.#model = model
    this.#camera = camera
    this.#frames = frames
  }

  hover(at) {
    this.hide()
    this.#timer = setTimeout(() => {
      const frame = this.#frames.current
      if (!frame || !this.#camera.view) {
        return
      }
      const [x, y] = this.#camera.toLayout(...at)
      this.#box.dataset.at = at.join()
      this.#model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() })
    }, HOVER_AFTER)
  }

  hide = () => {
    clearTimeout(this.#timer)
    this.#box.hidden = true
    this.#box.dataset.at = ""
  }

  show(message) {
    const box = this.#box
    if (message.at !== box.dataset.at || !message.text) {
      return
    }
    const [x, y] = message.at.split(",").map(Number),
      { w } = this.#camera.size()
    box.firstChild.textContent = message.text
    box.lastChild.textContent = message.more
    box.hidden = false
    box.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - box.offsetWidth - 8))}px`
    box.style.top = `${Math.max(8, y - box.offsetHeight - 10)}px`
  }

  end() {
    clearTimeout(this.#timer)
  }
}
