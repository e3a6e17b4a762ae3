import shared, { portable } from '@pipe/config/eslint'

export default [...shared, ...portable]
