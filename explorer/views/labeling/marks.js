// Keeps unconfirmed marks in the window's session storage, so that they survive a reload.

export class KeptMarks {
  #place

  constructor(place) {
    this.#place = place
  }

  remember(page) {
    try {
      sessionStorage.setItem(`${this.#place}:${page.id}`, JSON.stringify([...page.marks]))
    } catch {
      /* not kept */
    }
  }

  forget(page) {
    try {
      sessionStorage.removeItem(`${this.#place}:${page.id}`)
    } catch {
      /* not kept */
    }
  }

  recall(page) {
    try {
      for (const [draw, value] of JSON.parse(sessionStorage.getItem(`${this.#place}:${page.id}`) ?? "[]")) {
        page.marks.set(draw, value)
      }
    } catch {
      /* not kept */
    }
  }
}
