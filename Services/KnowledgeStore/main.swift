import ServiceKit

await serve(KnowledgeStoreService.self)
