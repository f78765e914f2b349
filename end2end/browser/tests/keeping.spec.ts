import { expect, test } from '../support/test'

const lost = 'Messages that are not sent yet will be lost when you close this page.'

test('a browser that refuses to keep anything is told of once, and the page works', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await ada.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('No.', 'InvalidStateError')
    }
  })
  await ada.page.reload()
  await expect(ada.page.getByText(lost)).toBeVisible()
  await ada.page.getByRole('button', { name: 'Close' }).click()
  await expect(ada.page.getByText(lost)).toHaveCount(0)
  for (const person of [ada, bob]) await person.open('General')
  await ada.say('sent all the same')
  await expect(bob.message('sent all the same')).toHaveCount(1)
  await expect(ada.page.getByText(lost)).toHaveCount(0)
})

test('a full disk is told of, and the page works', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.page.addInitScript(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('No.', 'QuotaExceededError')
    }
  })
  await ada.page.reload()
  await ada.open('General')
  await ada.say('sent all the same')
  await expect(ada.page.getByText('There is no space left on this device')).toBeVisible()
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  await expect(ada.message('sent all the same')).toHaveCount(1)
})

test('a draft outlives a reload', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.composer.fill('half a thought')
  await ada.page.reload()
  await expect(ada.composer).toHaveValue('half a thought')
  await ada.composer.press('Enter')
  await expect(ada.message('half a thought')).toBeVisible()
  await ada.page.reload()
  await expect(ada.message('half a thought')).toBeVisible()
  await expect(ada.composer).toHaveValue('')
})

test('signing out leaves nothing behind', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  const tab = await ada.anotherTab()
  await ada.say('something')
  await ada.composer.fill('and a draft')
  await ada.isKept()
  const kept = () =>
    ada.page.evaluate(async () => {
      const pages = (await caches.has('pages')) ? (await (await caches.open('pages')).keys()).length : 0
      return { databases: (await indexedDB.databases()).length, pages, drafts: sessionStorage.length }
    })
  expect(await kept()).toEqual({ databases: 1, pages: expect.any(Number), drafts: 1 })
  await ada.page.getByRole('button', { name: 'Sign out' }).click()
  await expect(ada.page).toHaveURL(/\/login/)
  await expect(tab.page).toHaveURL(/\/login/)
  await expect.poll(kept).toEqual({ databases: 0, pages: 0, drafts: 0 })
})
