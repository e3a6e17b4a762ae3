// A major of core must take its dependants along: changesets alone would release them as a patch with a new peer range.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { report } from './report.ts'
import { madeForCore, root } from './workspace.ts'

const at = process.argv[2] ?? root
const dependants = madeForCore(at)
const majors = new Set<string>()
for (const file of globSync('.changeset/*.md', { cwd: at })) {
  const [, header = ''] = readFileSync(join(at, file), 'utf8').split(/^---$/m)
  for (const [, name = ''] of header.matchAll(/^["']?([^"':]+)["']?\s*:\s*major\s*$/gm)) majors.add(name)
}
report(
  majors.size > 0 ? `${[...majors].join(', ')}: major` : 'no change is major',
  majors.has('@pipe/core')
    ? dependants
        .filter(({ manifest }) => !majors.has(manifest.name))
        .map(
          ({ manifest }) =>
            `@pipe/core becomes major: name ${manifest.name} as major in a changeset too, it is made for one major of core`,
        )
    : [],
)
