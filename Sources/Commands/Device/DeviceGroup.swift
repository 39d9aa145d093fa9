import ArgumentParser

/// `assay device`: the registry of devices and their identity keys.
struct DeviceGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Keep the devices' identity keys and how each came to be trusted.",
        subcommands: [
            DeviceAdd.self, DeviceImport.self, DeviceLearn.self, DeviceList.self, DeviceShow.self,
            DeviceTrust.self, DeviceExport.self, DeviceRemove.self, DeviceLabelCommand.self,
        ])
}
