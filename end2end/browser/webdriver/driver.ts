// A WebDriver program with a free port, a folder and a process group of its own, and the screen that WebKit needs.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { freePort } from '../support/node'

export type BrowserName = 'firefox' | 'webkit'

/** Process groups that run. A worker that ends without its fixtures' teardown ends them as well. */
const groups = new Set<ChildProcess>()
process.on('exit', () => groups.forEach(killGroup))

/** Both drivers leave the browser behind when they are killed alone: a signal goes to the whole group. */
function killGroup(child: ChildProcess): void {
  groups.delete(child)
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** Not in the runner's group, so that Ctrl+C ends the browsers in the order of the teardown. */
function spawnGroup(program: string, args: string[], env: NodeJS.ProcessEnv, stdio: ('ignore' | 'pipe')[]): ChildProcess {
  const child = spawn(program, args, { env, stdio, detached: true })
  groups.add(child)
  return child
}

/** An X server that draws into memory. */
export class Screen {
  private constructor(
    private readonly child: ChildProcess,
    readonly display: string,
  ) {}

  static async start(): Promise<Screen> {
    const args = ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp']
    const child = spawnGroup('Xvfb', args, process.env, ['ignore', 'ignore', 'ignore', 'pipe'])
    // It picks a free number and writes it once it accepts connections; nothing where it could not start.
    let written = ''
    for await (const text of child.stdio[3] as Readable) {
      written += text
      if (written.endsWith('\n')) return new Screen(child, `:${written.trim()}`)
    }
    throw new Error('Xvfb did not start')
  }

  stop(): void {
    killGroup(this.child)
  }
}

export class Driver {
  readonly url: string
  log = ''

  private constructor(
    readonly browser: BrowserName,
    private readonly child: ChildProcess,
    private readonly folder: string,
    port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.log += text))
  }

  static async start(browser: BrowserName, display = ''): Promise<Driver> {
    const folder = mkdtempSync(join(tmpdir(), 'jackdaw-driver-'))
    const port = await freePort()
    const [program, ...args] =
      browser === 'firefox'
        ? ['geckodriver', '--host', '127.0.0.1', '--port', `${port}`, '--websocket-port', '0']
        : ['WebKitWebDriver', `--port=${port}`]
    // Profiles and caches go to the folder. The bridge to screen readers would wait for a message bus that tests do not have.
    const env = { ...process.env, HOME: folder, TMPDIR: folder, DISPLAY: display, NO_AT_BRIDGE: '1' }
    const child = spawnGroup(program, args, env, ['ignore', 'pipe', 'pipe'])
    const driver = new Driver(browser, child, folder, port)
    await driver.isReady()
    return driver
  }

  private async isReady(): Promise<void> {
    const failed = once(this.child, 'error').then(([error]) => Promise.reject(error))
    const ready = async () => {
      for (let tries = 0; ; tries += 1) {
        const answer = await fetch(`${this.url}/status`).catch(() => undefined)
        if (answer?.ok) return
        if (this.child.exitCode !== null || tries > 600) throw new Error(`the driver did not start:\n${this.log}`)
        await new Promise((done) => setTimeout(done, 25))
      }
    }
    await Promise.race([ready(), failed])
  }

  stop(): void {
    killGroup(this.child)
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }
}
