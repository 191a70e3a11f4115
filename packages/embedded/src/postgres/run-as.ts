/** The user that Postgres runs as: undefined ids mean the user we are. */
export interface RunAs {
  readonly ids: { readonly uid: number; readonly gid: number } | undefined
}

const nobody = 65_534

/** Postgres refuses to run as root. */
export function chooseUser(uid: number | undefined = process.getuid?.()): RunAs {
  return { ids: uid === 0 ? { uid: nobody, gid: nobody } : undefined }
}
