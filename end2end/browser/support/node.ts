// A real server: the program of JACKDAW_BIN in a folder of its own, on a free port.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = required('JACKDAW_BIN')

export function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run the browser tests with \`make test-browser\` or \`make test-browsers\``)
  return value
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (!address || typeof address === 'string') throw new Error('no port')
  return address.port
}

export class Node {
  readonly url: string
  private readonly folder = mkdtempSync(join(tmpdir(), 'jackdaw-'))
  private child?: ChildProcess
  private log = ''

  private constructor(
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(env: Record<string, string> = {}): Promise<Node> {
    const node = new Node(await freePort(), env)
    await node.start()
    return node
  }

  /** Starts it, at the same address with the same data if it has run before. */
  async start(): Promise<void> {
    const child = spawn(program, [], {
      env: {
        DATA_DIR: this.folder,
        LISTEN_ADDR: `127.0.0.1:${this.port}`,
        DRAIN_SECONDS: '2',
        // All people here come from one address, and make their accounts within minutes.
        LOGINS_PER_MINUTE: '0',
        REGISTRATIONS_PER_HOUR: '0',
        ...this.env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child = child
    child.stderr?.on('data', (text) => (this.log += text))
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (answer?.ok) return
      if (child.exitCode !== null || tries > 600) throw new Error(`the server did not start:\n${this.log}`)
      await new Promise((done) => setTimeout(done, 25))
    }
  }

  /** Ends it like a crash. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Ends it for good and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}
