import ServiceKit

await serve(ExpertWorkerService.self)
