import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// What a connection is made of, TLS first if there is any.
struct ConnectionChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    let shared: ServerContext

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            // The library's own channel for TLS would hold one certificate for as long as the server runs.
            if let tls = shared.tls { try pipeline.addHandler(tls.handler) }
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = HTTPLimits.headerField
            limits.maxHeaderListSize = HTTPLimits.headerList
            limits.maxHeaderFieldCount = HTTPLimits.headerCount
            try pipeline.addHandler(BackPressureHandler())
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: true,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(ExchangeHandler(shared))
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        // All is done by the handlers; the server waits for the connections that are open.
        try? await value.channel.closeFuture.get()
    }
}
