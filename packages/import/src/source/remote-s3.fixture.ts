/// <reference path="./s3rver.d.ts" />
import S3rver from '@20minutes/s3rver'
import type { Reader, ReaderQuery } from '../reader/open-reader.ts'
import type { Connection } from './connections.ts'

export interface RemoteS3 {
  connection(bucket: string): Extract<Connection, { readonly kind: 's3' }>
  /** Writes an object, `bucket/name`, of what a query of the reader's engine gives. */
  put(
    reader: Reader,
    object: string,
    content: { readonly select: string; readonly format: string; readonly params?: NonNullable<ReaderQuery['params']> },
  ): Promise<void>
  close(): Promise<void>
}

/** A server that speaks like S3, with empty buckets. */
export async function startRemoteS3(directory: string, buckets: readonly string[]): Promise<RemoteS3> {
  const configureBuckets = buckets.map((name) => ({ name }))
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets })
  const { port } = await server.run()
  const endpoint = `http://127.0.0.1:${port}`
  return {
    connection: (bucket) => ({ kind: 's3', endpoint, bucket, accessKey: 'S3RVER', secretKey: 'S3RVER' }),
    async put(reader, object, { select, format, params = {} }) {
      const sql = `INSERT INTO FUNCTION s3('${endpoint}/${object}', 'S3RVER', 'S3RVER', '${format}') ${select}`
      for await (const _ of reader.rows({ sql, params }));
    },
    close: () => server.close(),
  }
}
