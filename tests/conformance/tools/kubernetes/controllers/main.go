// Command controllers runs those of Kubernetes' own controllers that a Deployment needs: it and its ReplicaSets, the collector of
// what belonged to what is gone, and the end of a namespace. kube-controller-manager has them too, among forty others, and
// takes three hundred packages more to build.
package main

import (
	"context"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

// As kube-controller-manager's defaults.
const (
	workers = 5
	resync  = 5 * time.Minute
	sync    = 5 * time.Second
)

// The one argument is a kubeconfig.
func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err == nil {
		err = run(context.Background(), config)
	}
	if err != nil {
		klog.ErrorS(err, "cannot run")
		os.Exit(1)
	}
}

func run(ctx context.Context, config *rest.Config) error {
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	about, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	typed := informers.NewSharedInformerFactory(client, resync)
	untyped := metadatainformer.NewSharedInformerFactory(about, resync)
	apps, core := typed.Apps().V1(), typed.Core().V1()

	rollouts, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), client)
	if err != nil {
		return err
	}
	replicas := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), client, replicaset.BurstReplicas)
	resources := client.Discovery().ServerPreferredNamespacedResources
	spaces := namespace.NewNamespaceController(ctx, client, about, resources, core.Namespaces(), resync, corev1.FinalizerKubernetes)

	started := make(chan struct{})
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	ignored := garbagecollector.DefaultIgnoredResources()
	both := informerfactory.NewInformerFactory(typed, untyped)
	garbage, err := garbagecollector.NewGarbageCollector(ctx, client, about, mapper, ignored, both, started)
	if err != nil {
		return err
	}

	go rollouts.Run(ctx, workers)
	go replicas.Run(ctx, workers)
	go spaces.Run(ctx, workers)
	go garbage.Run(ctx, workers, sync)
	go garbage.Sync(ctx, client.Discovery(), sync)
	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	close(started)
	<-ctx.Done()
	return nil
}
