internal import Logging
internal import Storage

/// Who leads among the routers that share a catalog, and what this one does about it.
///
/// All routers do what clients and operators ask. One does what must be done once: it stages, plans
/// for the workers, and ingests. It leads as long as its session with the catalog has a lock; when
/// the session ends, however it does, another takes the lock within a second.
actor Leadership {
    /// How often the catalog is looked at although nothing was heard.
    private static let lookInterval = Duration.seconds(1)

    /// What the others call this router.
    nonisolated let name: String
    private let catalog: Catalog
    private let base: RevisionBase
    private let revisions: Revisions
    private let fleet: Fleet
    private let ingestor: Ingestor?
    private let logger: Logger
    private(set) var isLeading = false
    /// Who leads, as far as this router knows.
    private(set) var leader: String?
    /// Why the catalog cannot be asked; nil when it can.
    private(set) var failure: String?
    private var publishedPlan: Placement?
    private var followedPlanNumber: Int?

    init(
        name: String, catalog: Catalog, revisions: Revisions, fleet: Fleet, ingestor: Ingestor?,
        logger: Logger
    ) {
        self.name = name
        self.catalog = catalog
        base = revisions.base
        self.revisions = revisions
        self.fleet = fleet
        self.ingestor = ingestor
        self.logger = logger
    }

    /// Looks whenever another router has written something, until cancelled.
    func run() async {
        guard let listener = catalog.listener else { return }
        var isNews = true
        while !Task.isCancelled {
            await look(isNews: isNews)
            isNews = await listener.wait(atMost: Self.lookInterval)
        }
    }

    private func look(isNews: Bool) async {
        do {
            let leads = try await catalog.lead(name, of: base)
            let news = try await catalog.news(of: base)
            try await revisions.follow(upTo: news.journalEnd, isLeading: leads)
            let isNew = leads && !isLeading
            note(leads, leader: news.leader)
            try await (leads ? publishPlan() : followPlan(news.planNumber))
            await ingestor?.lead(leads)
            if isNew || isNews { await ingestor?.wake() }
        } catch is CatalogConflict {
            // The session was lost meanwhile; the next look tells who leads.
            isLeading = false
            await revisions.stopLeading()
        } catch {
            await standAlone(because: error)
        }
    }

    /// Every router plans for itself until the catalog is back: all from what the workers hold, so
    /// that little is moved.
    private func standAlone(because error: any Error) async {
        if failure == nil {
            logger.error("the catalog is away", metadata: ["reason": "\(error)"])
        }
        (isLeading, leader, failure) = (false, nil, "\(error)")
        (publishedPlan, followedPlanNumber) = (nil, nil)
        await revisions.stopLeading()
        await ingestor?.lead(false)
        await fleet.follow(nil)
    }

    private func note(_ leads: Bool, leader: String?) {
        if failure != nil { logger.notice("the catalog is back") }
        if leads != isLeading || leader != self.leader {
            logger.notice(
                leads ? "this router leads" : "another router leads",
                metadata: ["leader": "\(leader ?? "nobody yet")"])
        }
        (isLeading, self.leader, failure) = (leads, leader, nil)
    }

    private func publishPlan() async throws {
        followedPlanNumber = nil
        await fleet.follow(nil)
        let plan = await fleet.state.lastPlan
        guard plan != publishedPlan else { return }
        try await catalog.publish(plan, of: base)
        publishedPlan = plan
    }

    private func followPlan(_ number: Int) async throws {
        publishedPlan = nil
        guard number != followedPlanNumber else { return }
        await fleet.follow(try await catalog.publishedPlan(of: base))
        followedPlanNumber = number
    }
}
