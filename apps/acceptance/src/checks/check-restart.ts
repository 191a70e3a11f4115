import type { Profile } from '../platform/answers.ts'
import { type RunningServer, type ServerSettings, startServer } from '../platform/start-server.ts'
import { createTenonApi } from '../platform/tenon-api.ts'
import type { CheckContext } from './check-context.ts'

/** SIGINT ends the server in order; the next one on the same folder knows the same. */
export async function checkRestart(
  { api, figures, people }: CheckContext,
  { server, settings }: { readonly server: RunningServer; readonly settings: ServerSettings },
): Promise<void> {
  const path = `/v1/profiles/user_id:${people.consenting}`
  const before = await api.get<Profile>(path)
  figures.contract('exit code after SIGINT', await server.interrupt(), 0)
  const second = await startServer(settings)
  try {
    const after = await createTenonApi({ ...settings, address: second.address }).get<Profile>(path)
    figures.contract('the profile after a restart is the same', JSON.stringify(after) === JSON.stringify(before), true)
  } finally {
    figures.contract('exit code after SIGINT, again', await second.interrupt(), 0)
  }
}
