import ServiceKit

await serve(RouterService.self)
