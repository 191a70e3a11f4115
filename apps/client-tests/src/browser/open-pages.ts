import { once } from 'node:events'
import { createServer } from 'node:http'

export interface Pages {
  readonly address: string
  close(): Promise<void>
}

/** Serves `/NAME.js`, and `/NAME.html` that loads it. */
export async function openPages(scripts: Readonly<Record<string, Buffer>>): Promise<Pages> {
  const server = createServer((request, response) => {
    const [, name = '', kind] = /^\/(\w+)\.(html|js)$/.exec(request.url ?? '') ?? []
    const script = scripts[name]
    if (script === undefined) response.writeHead(404).end()
    else if (kind === 'js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><meta charset="utf-8"><title>Shop</title><script src="/${name}.js"></script>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the shop has no port')
  return {
    address: `http://127.0.0.1:${bound.port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
