// A link between browsers and a server that can be cut, or go silent: then it closes nothing, and nothing gets through any more.
import { once } from 'node:events'
import { type Server, type Socket, connect, createServer } from 'node:net'

export class Proxy {
  readonly url: string
  private readonly pairs = new Set<[Socket, Socket]>()
  private silent = false
  private isCut = false
  /** Connections that were begun while nothing got through. */
  attempts = 0

  private constructor(
    private readonly server: Server,
    port: number,
    target: number,
  ) {
    this.url = `http://127.0.0.1:${port}`
    server.on('connection', (near) => this.accept(near, target))
  }

  /** Between a free port and the server at `url`. */
  static async start(url: string): Promise<Proxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (!address || typeof address === 'string') throw new Error('no port')
    return new Proxy(server, address.port, Number(new URL(url).port))
  }

  /** From now on nothing gets through: connections stay open, new ones are accepted and get no answer. */
  fallSilent(): void {
    this.silent = true
    for (const pair of this.pairs) for (const socket of pair) socket.pause().unpipe()
  }

  /** From now on connections are reset, old and new ones. */
  cut(): void {
    this.isCut = true
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy()
  }

  /** New connections work again. Those that went silent stay so for ever, as after a change of network. */
  comeBack(): void {
    this.silent = false
    this.isCut = false
  }

  async stop(): Promise<void> {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private accept(near: Socket, target: number): void {
    near.on('error', () => {})
    if (this.isCut) {
      near.resetAndDestroy()
      return
    }
    if (this.silent) {
      this.attempts += 1
      // Its end is not told either: it is kept until the proxy stops.
      this.pairs.add([near.pause(), near])
      return
    }
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    far.on('error', () => near.destroy())
    const pair: [Socket, Socket] = [near, far]
    this.pairs.add(pair)
    near.pipe(far)
    far.pipe(near)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('close', () => this.pairs.delete(pair))
    }
  }
}
