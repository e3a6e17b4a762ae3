import { NodeHandle } from './node-handle.ts'

type Spec = Readonly<Record<string, unknown>>

/**
 * The specification of a `call` or a `loop` with an `input` that is a function, or none. A handle is one more need, read by
 * such a function. A step that has no function to ask what it needs does not read the input of its pipeline either.
 *
 * @param input the input of the pipeline that the step belongs to: what steps need by default
 */
export function withInput(spec: Spec, input: NodeHandle): Spec {
  const { input: handle, when, needs = when === undefined ? {} : { input } } = spec
  if (handle === undefined) return { ...spec, needs }
  if (!(handle instanceof NodeHandle)) return spec
  let name = NodeHandle.idOf(handle)
  let all = needs
  if (Array.isArray(needs)) {
    name = String(needs.length)
    all = [...(needs as readonly unknown[]), handle]
  } else if (isSpec(needs)) {
    while (name in needs && needs[name] !== handle) name += '_'
    all = { ...needs, [name]: handle }
  }
  return { ...spec, needs: all, input: (outputs: Spec) => outputs[name] }
}

const isSpec = (value: unknown): value is Spec => typeof value === 'object' && value !== null
