// The policy oracle: a third party's IAM evaluator (@cloud-copilot/iam-simulate) behind a loopback socket, so that
// the lab's decisions come from code that knows nothing of this project. A development tool in a process of its own.
//
//   node server.mjs [port]     prints {"port": N} once it listens; ends when its standard input closes.
//
// POST / takes one simulation (see simulate below) and answers {result, because}, or {result: "Error", detail}.

import http from 'node:http'
import { runSimulation } from '@cloud-copilot/iam-simulate'

// AWS words the end of an access denied message by the kind of policy that decided.
const kinds = [
  ['identityAnalysis', 'an identity-based policy', 'identity-based policy'],
  ['sessionAnalysis', 'a session policy', 'session policy'],
  ['permissionBoundaryAnalysis', 'a permissions boundary', 'permissions boundary'],
  ['resourceAnalysis', 'a resource-based policy', 'resource-based policy'],
]

function because(analysis, action) {
  const denied = kinds.find(([field]) => analysis[field]?.denyStatements?.length > 0)
  if (denied) return `with an explicit deny in ${denied[1]}`
  const silent = kinds.find(([field]) => analysis[field] && !allows(analysis, field)) ?? kinds[0]
  return `because no ${silent[2]} allows the ${action} action`
}

// Within one account a resource policy need not allow; across accounts it must.
function allows(analysis, field) {
  const result = analysis[field].result
  if (field === 'resourceAnalysis' && analysis.sameAccount) return true
  return result === 'Allowed' || result === 'AllowedForAccount'
}

async function simulate(input) {
  const simulation = { serviceControlPolicies: [], resourceControlPolicies: [], identityPolicies: [], ...input }
  let run = await runSimulation(simulation, {})
  if (run.resultType === 'error' && run.errors.message === 'must.use.wildcard') {
    const resource = { ...simulation.request.resource, resource: '*' }
    run = await runSimulation({ ...simulation, request: { ...simulation.request, resource } }, {})
  }
  if (run.resultType === 'error') return { result: 'Error', detail: run.errors }
  if (run.overallResult === 'Allowed') return { result: 'Allowed' }
  const analysis = run.resultType === 'single' ? run.result.analysis : run.results[0]?.analysis
  return { result: run.overallResult, because: analysis ? because(analysis, simulation.request.action) : '' }
}

async function body(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const server = http.createServer(async (request, response) => {
  response.setHeader('Content-Type', 'application/json')
  try {
    response.end(JSON.stringify(await simulate(JSON.parse(await body(request)))))
  } catch (error) {
    response.statusCode = 500
    response.end(JSON.stringify({ result: 'Error', detail: String(error) }))
  }
})

server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }))
})
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume()
