/** The name under which a pipe knows this plugin. */
export const name = 'retry'
