// What tests are made of: a server, a cluster, people.
import { type BrowserContextOptions, test as base } from '@playwright/test'
import { Node, required } from './node'
import { Person, password } from './person'

export { expect } from '@playwright/test'
export { Node, Person, password }

type Fixtures = {
  /** One program on SQLite. */
  node: Node
  /** Two equal nodes over PostgreSQL and Redis. */
  cluster: [Node, Node]
  /** Signs somebody up at `node`. */
  signUp: (name: string, options?: BrowserContextOptions) => Promise<Person>
  /** Closes what people opened: the browser is shared, and their pages would look for their server for ever. */
  leave: void
}

export const test = base.extend<Fixtures>({
  node: async ({}, use) => {
    const node = await Node.start()
    await use(node)
    await node.remove()
  },
  cluster: async ({}, use) => {
    const env = {
      DATABASE_URL: required('TEST_DATABASE_URL'),
      REDIS_URL: required('TEST_REDIS_URL'),
      JWT_SECRET: 'the secret of a test, 32 characters',
    }
    const nodes = await Promise.all([Node.start(env), Node.start(env)])
    await use([nodes[0], nodes[1]])
    await Promise.all(nodes.map((node) => node.remove()))
  },
  leave: [
    async ({ browser }, use) => {
      await use()
      await Promise.all(browser.contexts().map((context) => context.close()))
    },
    { auto: true },
  ],
  signUp: async ({ browser, node }, use) => {
    await use((name, options) => Person.signUp(browser, node, name, options))
  },
})
