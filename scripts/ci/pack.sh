#!/usr/bin/env bash
# Packs the kernel, the test kit and one plugin, and plays docs/guides/write-a-plugin.md with them in a fresh folder:
# install with npm alone, compile, test under vitest and node:test, build, pack. Then installs what was packed into a second
# fresh project, and compiles and starts an edition there. Node 24 and pnpm must be on PATH (`npm run pack:check` sees to it).
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_loglevel=error
step() { printf '%s  %s\n' "$(date +%T)" "$*"; }

step 'pack kernel, testing and channel-webhook'
node "$root/scripts/pack.ts" "$work/packages" @tenon/kernel @tenon/testing @tenon/plugin-channel-webhook
for tarball in "$work"/packages/*.tgz; do
  "$root/node_modules/.bin/publint" run "$tarball" --strict
  # Nothing of the workspace may be left in what is published.
  if tar xzOf "$tarball" package/package.json | grep -nE '"(workspace|catalog):|@tenon/source'; then exit 1; fi
  if tar tzf "$tarball" | grep -nE '\.(test|fixture)\.|/src/'; then exit 1; fi
done

step 'write-a-plugin.md: install'
plugin=$work/acme-channel-sms
node "$root/docs/test/write-files.ts" "$root/docs/guides/write-a-plugin.md" "$plugin"
rm -rf "$plugin/editions"
cd "$plugin"
npm install --save-dev "$work"/packages/tenon-kernel-*.tgz "$work"/packages/tenon-testing-*.tgz typescript@7 vitest@5 @types/node@24
npm install zod@4
if [ -e node_modules/chdb ] || [ -e node_modules/pg ]; then echo 'testing a plugin must not bring servers'; exit 1; fi

step 'write-a-plugin.md: types, tests, edition'
npm run types
npm test
SMS_TOKEN=secret node src/check.ts | grep -x 'texting: sms'
if node src/check.ts 2> "$work/problems"; then echo 'a missing variable must be a problem'; exit 1; fi
grep -q 'SMS_TOKEN is not set' "$work/problems"
npm run build
npm pack --pack-destination "$work/packages"
sed -i "s/'vitest'/'node:test'/" src/*.test.ts
npm run types
node --test 'src/*.test.ts'

step 'a fresh project builds and starts an edition'
mkdir "$work/edition" && cd "$work/edition"
cat > package.json <<'JSON'
{ "name": "edition", "private": true, "type": "module" }
JSON
cp "$plugin/tsconfig.json" .
npm install --prefer-offline "$work"/packages/tenon-kernel-*.tgz "$work"/packages/tenon-plugin-channel-webhook-*.tgz "$work"/packages/acme-channel-sms-*.tgz
npm install --prefer-offline --save-dev typescript@7 @types/node@24
mkdir src
cat > src/edition.ts <<'TS'
import { defineEdition, use } from '@tenon/kernel'
import { channel } from '@tenon/kernel/contracts'
import { checkEdition, startKernel } from '@tenon/kernel/runtime'
import { channelWebhook } from '@tenon/plugin-channel-webhook'
import { channelSms } from 'acme-channel-sms'

const edition = defineEdition({
  name: 'packed',
  plugins: [
    use(channelWebhook, { secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` }, { as: 'crm' }),
    use(channelSms, { url: 'https://sms.example.com/messages', token: 'secret' }, { as: 'sms' }),
  ],
})
// @ts-expect-error: the types of the packed plugin ask for a token
use(channelSms, { url: 'https://sms.example.com/messages' })

const problems = await checkEdition(edition, { core: new Map() })
if (problems.length > 0) throw new Error(JSON.stringify(problems))
const silent = { info: () => {}, warn: () => {}, error: () => {} }
await using kernel = await startKernel(edition, {
  core: new Map(),
  needs: { channels: channel },
  clock: { now: () => new Date() },
  logger: silent,
})
console.log(`${kernel.edition}: ${[...kernel.needs.channels.keys()].join(', ')}`)
TS
npx tsc --noEmit false --rootDir src --outDir dist
node dist/edition.js | grep -x 'packed: crm, sms'
step 'passed'
