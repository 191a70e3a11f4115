const width = 30

/** A bar that redraws itself on a terminal, and a line per tenth elsewhere. */
export function progressBar(options: { readonly out: NodeJS.WriteStream; readonly label: string; readonly total: number }): {
  update(done: number): void
  done(note: string): void
} {
  const { out, label, total } = options
  let tenth = -1
  const draw = (done: number) => {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    if (out.isTTY) {
      const filled = Math.round(share * width)
      out.write(`\r${label} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${Math.floor(share * 100)} %`)
      return
    }
    if (Math.floor(share * 10) === tenth) return
    tenth = Math.floor(share * 10)
    out.write(`${label}: ${tenth * 10} %\n`)
  }
  return {
    update: draw,
    done(note) {
      draw(total)
      out.write(`${out.isTTY ? '\n' : ''}${note}\n`)
    },
  }
}
