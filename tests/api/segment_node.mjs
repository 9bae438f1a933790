// The unmodified Segment client for Node: sends every kind of call and waits until all are delivered.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const client = new Analytics({ writeKey, host, flushAt: 20, flushInterval: 200 })
const failures = []
client.on('error', (error) => failures.push(error))
const userId = 'node-user'
client.identify({ userId, traits: { email: 'node@example.com', plan: 'growth' } })
client.group({ userId, groupId: 'node-inc', traits: { name: 'Node Inc.' } })
client.page({ userId, name: 'Home' })
client.screen({ userId, name: 'Home' })
client.alias({ userId, previousId: 'anonymous-1' })
for (let n = 0; n < Number(count); n++) {
  client.track({ userId, event: 'Report Exported', properties: { n, title: 'Übersicht 🎉' }, context: { groupId: 'node-inc' } })
}
await client.closeAndFlush()
console.log(JSON.stringify({ failures: failures.map(String) }))
