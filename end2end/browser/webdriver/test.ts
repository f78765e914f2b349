// What the stories are made of: a server, and people with browsers of the project that is run.
import { writeFileSync } from 'node:fs'
import { type TestInfo, test as base } from '@playwright/test'
import { Node } from '../support/node'
import { type BrowserName, Driver, Screen } from './driver'
import { Person } from './person'
import { Session } from './session'

export { expect } from '@playwright/test'

type Fixtures = {
  node: Node
  /** Signs a person up in a browser of their own, which reaches the server at `site`. */
  signUp: (name: string, site?: string) => Promise<Person>
}

export const test = base.extend<Fixtures, { display: string }>({
  display: [
    async ({}, use, { project }) => {
      if (project.name !== 'webkit') return use('')
      const screen = await Screen.start()
      await use(screen.display)
      screen.stop()
    },
    { scope: 'worker' },
  ],
  node: async ({}, use) => {
    const node = await Node.start()
    await use(node)
    await node.remove()
  },
  signUp: async ({ node, display }, use, info) => {
    const drivers: Driver[] = []
    const people: Person[] = []
    await use(async (name, site = node.url) => {
      const driver = await Driver.start(info.project.name as BrowserName, display)
      drivers.push(driver)
      const person = new Person(await Session.start(driver), name, site)
      people.push(person)
      await person.signUp()
      return person
    })
    try {
      const errors = await leave(people, info)
      if (errors.length > 0) throw new Error(`the pages had errors:\n${errors.join('\n')}`)
    } finally {
      for (const driver of drivers) driver.stop()
    }
  },
})

/** Closes the browsers, with a picture of each where the story failed. Returns what the browsers say against the pages. */
async function leave(people: Person[], info: TestInfo): Promise<string[]> {
  const errors: string[] = []
  for (const { name, session } of people) {
    const found = await session.takeErrors()
    if (found.length > 0 || info.status !== info.expectedStatus) {
      writeFileSync(info.outputPath(`${name}.png`), await session.screenshot())
    }
    errors.push(...found.map((text) => `${name}: ${text}`))
    await session.end()
  }
  return errors
}
