/** Whether `services` has a service, be it `undefined`: what every object has is none. */
export function offers(services: Readonly<Record<string, unknown>>, id: string): boolean {
  return Object.hasOwn(services, id) || (id in services && !(id in Object.prototype))
}
