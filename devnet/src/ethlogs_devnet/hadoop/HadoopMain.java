import java.io.File;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.service.Service;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;

/**
 * NameNode, DataNode, ResourceManager and NodeManager in one JVM, set up by the *-site.xml of the class path.
 *
 * Arguments: STARTED USER... Each USER gets a folder /user/USER on HDFS; the line STARTED is printed once HDFS
 * can be written to and YARN has a node. The JVM then runs until a signal ends it.
 */
public final class HadoopMain {
  private static final short EVERYBODY = (short) 01777;
  private static final long POLL_MILLISECONDS = 20;

  private HadoopMain() {}

  public static void main(String[] arguments) throws Exception {
    Configuration.addDefaultResource("daemon-site.xml");
    // without it the second daemon of a JVM cannot register its metrics
    DefaultMetricsSystem.setMiniClusterMode(true);
    try {
      CompletableFuture<Void> yarn = CompletableFuture.runAsync(HadoopMain::startYarn);
      startHdfs(Arrays.asList(arguments).subList(1, arguments.length));
      yarn.get();
    } catch (Throwable error) {
      Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
      cause.printStackTrace();
      Runtime.getRuntime().halt(1); // the daemons' threads would keep the JVM alive
    }
    System.out.println(arguments[0]);
    Thread.currentThread().join();
  }

  private static void startHdfs(List<String> users) throws Exception {
    HdfsConfiguration settings = new HdfsConfiguration();
    if (!new File(new URI(settings.get("dfs.namenode.name.dir")).getPath(), "current/VERSION").exists()) {
      NameNode.format(settings);
    }
    NameNode nameNode = NameNode.createNameNode(new String[0], settings);
    DataNode dataNode = DataNode.createDataNode(new String[0], settings);
    while (nameNode.isInSafeMode() || !dataNode.isDatanodeFullyStarted()) {
      Thread.sleep(POLL_MILLISECONDS);
    }
    createFolders(settings, users);
  }

  private static void createFolders(HdfsConfiguration settings, List<String> users) throws Exception {
    FileSystem hdfs = FileSystem.get(settings);
    for (String user : users) {
      Path home = new Path("/user/" + user);
      if (!hdfs.exists(home)) {
        hdfs.mkdirs(home);
        hdfs.setOwner(home, user, null);
      }
    }
    for (String folder : new String[] {"/tmp", new YarnConfiguration().get("yarn.nodemanager.remote-app-log-dir")}) {
      if (!hdfs.exists(new Path(folder))) {
        hdfs.mkdirs(new Path(folder));
        hdfs.setPermission(new Path(folder), new FsPermission(EVERYBODY)); // mkdirs applies the umask
      }
    }
  }

  private static void startYarn() {
    ResourceManager resourceManager = new ResourceManager();
    start(resourceManager);
    start(new NodeManager());
    while (resourceManager.getResourceScheduler().getNumClusterNodes() == 0
        || resourceManager.getRMContext().getRMNodes().values().stream()
            .noneMatch(node -> node.getState() == NodeState.RUNNING)) {
      try {
        Thread.sleep(POLL_MILLISECONDS);
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }
  }

  private static void start(Service daemon) {
    daemon.init(new YarnConfiguration());
    daemon.start();
  }
}
