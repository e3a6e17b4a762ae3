/** The names of the labels of each series in the text of a registry, by the name of the series. */
export function exposed(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>()
  for (const [, name, labels] of text.matchAll(/^(\w+)\{(.*)\} /gm))
    series.set(name!, new Set([...labels!.matchAll(/(\w+)="/g)].map(([, label]) => label!)))
  return series
}
