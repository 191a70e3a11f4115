/** What the engine notes beside every read of a backup: it takes what it takes, and nobody is advised to end it. */
export const backupMark = 'tenon backup'

export const marked = (sql: string): string => `${sql}\nSETTINGS log_comment = '${backupMark}'`
