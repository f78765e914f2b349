import { expect, test } from '../support/test'
import { password } from '../support/person'

test('a new name and a new password work without JavaScript, and end the other devices', async ({ browser, signUp }) => {
  const ada = await signUp('ada')
  const elsewhere = await ada.signInElsewhere(browser)
  const state = await ada.page.context().storageState()
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: state, baseURL: ada.node.url })
  const page = await context.newPage()
  await page.goto('/account')
  await page.getByLabel('Name to show').fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('status')).toHaveText('Your name was changed.')
  await page.getByLabel('Current password').fill('wrong horse')
  await page.getByLabel('New password').fill('battery staple')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByRole('alert')).toContainText('not your password')
  await page.getByLabel('Current password').fill(password)
  await page.getByLabel('New password').fill('battery staple')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByRole('status')).toContainText('Your password was changed.')
  await expect(elsewhere.page).toHaveURL(/\/login/)
  await elsewhere.page.getByLabel('User name').fill('ada')
  await elsewhere.page.getByLabel('Password').fill('battery staple')
  await elsewhere.page.getByRole('button', { name: 'Sign in' }).click()
  await expect(elsewhere.page).toHaveURL(`${ada.node.url}/`)
})

test('an administrator disables an account whose page is open, and makes an invite', async ({ browser, signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await bob.open('General')
  await ada.page.goto('/devices')
  await ada.page.getByRole('link', { name: /account/ }).click()
  await ada.page.getByRole('link', { name: /People, invites/ }).click()
  await ada.page.getByRole('button', { name: 'Disable @bob' }).click()
  await expect(ada.page.getByRole('status')).toHaveText('@bob is disabled.')
  await expect(bob.page).toHaveURL(/\/login/)
  await ada.page.getByRole('link', { name: 'Settings' }).click()
  await ada.page.getByLabel('Who has an invite link').check()
  await ada.page.getByRole('button', { name: 'Save' }).click()
  await ada.page.getByRole('link', { name: 'Invites' }).click()
  await ada.page.getByRole('button', { name: 'Make an invite link' }).click()
  const link = /http\S+/.exec((await ada.page.getByRole('status').textContent()) ?? '')?.[0] ?? ''
  const page = await (await browser.newContext()).newPage()
  await page.goto(link)
  await page.getByLabel('User name').fill('cydonia')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page).toHaveURL(`${ada.node.url}/`)
  await page.goto(`${ada.node.url}/admin`)
  await expect(page.getByText('This page does not exist.')).toBeVisible()
})

test('who deletes their account leaves nothing in the browser', async ({ signUp }) => {
  await signUp('ada')
  const bob = await signUp('bob')
  await bob.open('General')
  await bob.say('soon gone')
  await expect(bob.message('soon gone')).toBeVisible()
  await bob.page.goto('/account')
  await bob.page.getByLabel('Your password').fill(password)
  await bob.page.getByLabel(/Delete my messages too/).check()
  await bob.page.getByRole('button', { name: 'Delete my account' }).click()
  await expect(bob.page).toHaveURL(/\/login/)
  const rows = () =>
    bob.page.evaluate(async () => {
      let count = 0
      for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name ?? '')
        const database = await new Promise<IDBDatabase>((done) => (opening.onsuccess = () => done(opening.result)))
        for (const store of ['rows', 'rooms'].filter((store) => database.objectStoreNames.contains(store))) {
          const counting = database.transaction(store).objectStore(store).count()
          count += await new Promise<number>((done) => (counting.onsuccess = () => done(counting.result)))
        }
        database.close()
      }
      return count
    })
  await expect.poll(rows).toBe(0)
})
